local release = "scm"
local home = "https://github.com/lua-kms/lua-kms"

rockspec_format = "3.0"
package = "lua-kms"
version = release .. "-1"
source = {
  url = "git+" .. home .. ".git",
  branch = release == "scm" and "main" or nil,
  tag = release ~= "scm" and "v" .. release or nil,
}

description = {
  summary = "Huawei Cloud KMS and NAVER Cloud KMS: move a key's primary region, rename a key",
  detailed = [[
    Signs requests (OpenSSL) and sends them (libcurl) in C, returns plain Lua tables and structured errors.
    Connections are kept, certificates always verified, replies capped, deadlines honoured, secrets kept out of errors.
  ]],
  homepage = home,
  license = "MIT",
  labels = { "kms", "cloud", "huawei", "naver", "security" },
}

dependencies = { "lua >= 5.1, < 5.5", "lua-cjson >= 2.1.0" }
test_dependencies = { "busted" }

-- curl's header is not asked for: Debian keeps it where LuaRocks does not look.
external_dependencies = {
  CURL = { library = "curl" },
  OPENSSL = { header = "openssl/evp.h", library = "crypto" },
}

local defines = { "_POSIX_C_SOURCE=200809L" }

build = {
  type = "builtin",
  modules = {
    ["kms"] = "lua/kms/init.lua",
    ["kms.call"] = "lua/kms/call.lua",
    ["kms.check"] = "lua/kms/check.lua",
    ["kms.client"] = "lua/kms/client.lua",
    ["kms.clock"] = "lua/kms/clock.lua",
    ["kms.credentials"] = "lua/kms/credentials.lua",
    ["kms.credentials.chain"] = "lua/kms/credentials/chain.lua",
    ["kms.credentials.container"] = "lua/kms/credentials/container.lua",
    ["kms.credentials.exchange"] = "lua/kms/credentials/exchange.lua",
    ["kms.credentials.file"] = "lua/kms/credentials/file.lua",
    ["kms.credentials.iam"] = "lua/kms/credentials/iam.lua",
    ["kms.credentials.ini"] = "lua/kms/credentials/ini.lua",
    ["kms.credentials.metadata"] = "lua/kms/credentials/metadata.lua",
    ["kms.credentials.oidc"] = "lua/kms/credentials/oidc.lua",
    ["kms.credentials.refresh"] = "lua/kms/credentials/refresh.lua",
    ["kms.credentials.shared_token"] = "lua/kms/credentials/shared_token.lua",
    ["kms.credentials.snapshot"] = "lua/kms/credentials/snapshot.lua",
    ["kms.credentials.source"] = "lua/kms/credentials/source.lua",
    ["kms.diagnosis"] = "lua/kms/diagnosis.lua",
    ["kms.emulator"] = "lua/kms/emulator.lua",
    ["kms.emulator.defaults"] = "lua/kms/emulator/defaults.lua",
    ["kms.emulator.faults"] = "lua/kms/emulator/faults.lua",
    ["kms.emulator.fields"] = "lua/kms/emulator/fields.lua",
    ["kms.emulator.http"] = "lua/kms/emulator/http.lua",
    ["kms.emulator.huawei"] = "lua/kms/emulator/huawei.lua",
    ["kms.emulator.huawei_gateway"] = "lua/kms/emulator/huawei_gateway.lua",
    ["kms.emulator.iam"] = "lua/kms/emulator/iam.lua",
    ["kms.emulator.issuer"] = "lua/kms/emulator/issuer.lua",
    ["kms.emulator.metadata"] = "lua/kms/emulator/metadata.lua",
    ["kms.emulator.ncloud"] = "lua/kms/emulator/ncloud.lua",
    ["kms.emulator.options"] = "lua/kms/emulator/options.lua",
    ["kms.emulator.signature"] = "lua/kms/emulator/signature.lua",
    ["kms.emulator.switches"] = "lua/kms/emulator/switches.lua",
    ["kms.environment"] = "lua/kms/environment.lua",
    ["kms.error"] = "lua/kms/error.lua",
    ["kms.guard"] = "lua/kms/guard.lua",
    ["kms.host_name"] = "lua/kms/host_name.lua",
    ["kms.http1"] = "lua/kms/http1.lua",
    ["kms.http_syntax"] = "lua/kms/http_syntax.lua",
    ["kms.huawei"] = "lua/kms/huawei.lua",
    ["kms.huawei_failure"] = "lua/kms/huawei_failure.lua",
    ["kms.huawei_project"] = "lua/kms/huawei_project.lua",
    ["kms.late"] = "lua/kms/late.lua",
    ["kms.lock"] = "lua/kms/lock.lua",
    ["kms.ncloud"] = "lua/kms/ncloud.lua",
    ["kms.operation"] = "lua/kms/operation.lua",
    ["kms.parallel"] = "lua/kms/parallel.lua",
    ["kms.parallel.coroutines"] = "lua/kms/parallel/coroutines.lua",
    ["kms.parallel.threads"] = "lua/kms/parallel/threads.lua",
    ["kms.parallel.timers"] = "lua/kms/parallel/timers.lua",
    ["kms.redact"] = "lua/kms/redact.lua",
    ["kms.reply"] = "lua/kms/reply.lua",
    ["kms.retry"] = "lua/kms/retry.lua",
    ["kms.task"] = "lua/kms/task.lua",
    ["kms.time"] = "lua/kms/time.lua",
    ["kms.transport.cosocket"] = "lua/kms/transport/cosocket.lua",
    ["kms.transport.tls_session"] = "lua/kms/transport/tls_session.lua",
    ["kms.transport.worker_thread"] = "lua/kms/transport/worker_thread.lua",
    ["kms.worker"] = "lua/kms/worker.lua",
    ["kms.sign"] = {
      sources = {
        "csrc/buffer.c", "csrc/digest.c", "csrc/encode.c", "csrc/huawei_sign.c", "csrc/ncloud_sign.c",
        "csrc/sdk_date.c", "csrc/lua_error.c", "csrc/sign_keys.c", "csrc/sign_workspace.c", "csrc/lua_sign.c",
      },
      defines = defines,
      libraries = { "crypto" },
      incdirs = { "$(OPENSSL_INCDIR)" },
      libdirs = { "$(OPENSSL_LIBDIR)" },
    },
    ["kms.transport.curl"] = {
      sources = {
        "csrc/buffer.c", "csrc/clock.c", "csrc/curl_options.c", "csrc/failure.c", "csrc/reply.c", "csrc/exchange.c",
        "csrc/handle.c", "csrc/transfer.c", "csrc/http1.c", "csrc/stream.c", "csrc/connections.c",
        "csrc/poller.c", "csrc/many.c", "csrc/lua_error.c", "csrc/lua_reply.c", "csrc/lua_exchange.c",
        "csrc/lua_many.c", "csrc/lua_curl.c",
      },
      defines = defines,
      libraries = { "curl" },
      incdirs = { "$(CURL_INCDIR)" },
      libdirs = { "$(CURL_LIBDIR)" },
    },
    ["kms.http1.reader"] = {
      sources = { "csrc/buffer.c", "csrc/reply.c", "csrc/http1.c", "csrc/lua_reply.c", "csrc/lua_http1.c" },
      defines = defines,
    },
  },
  copy_directories = { "examples" },
}

test = { type = "busted" }
