/* One HTTP exchange at a time over one cache of libcurl's connections. No Lua here.
 *
 * Order of calls: init once; set_text and set_number; then for each exchange begin, header (any
 * number), perform, a look at status and reply or at failure, end; at last close. After any of
 * them close may follow, and begin clears away what an exchange that was given up left behind.
 * Lives in memory that does not move. */
#ifndef KMS_EXCHANGE_H
#define KMS_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <curl/curl.h>

#include "buffer.h"
#include "reply.h"
#include "request.h"

typedef enum {
    KMS_CA_FILE,
    KMS_CA_PATH,
    KMS_PROXY,
    KMS_NO_PROXY,
    KMS_CLIENT_CERT,
    KMS_CLIENT_KEY,
    KMS_CLIENT_KEY_PASSWORD,
    KMS_HTTP_VERSION,
    KMS_CONNECT_TIMEOUT,
    KMS_TIMEOUT,
    KMS_KEEPALIVE,
    KMS_MAX_RESPONSE,
    KMS_OPTION_COUNT
} kms_option_index;

typedef struct {
    const char *name;
    bool is_text;
    double standard, least, most; /* of a number: the value where none is set, and its range */
    const char *rule;             /* "must be ...": what a refused value is told */
    CURLoption setting;           /* of a text; 0: none of libcurl's */
    CURLoption at_proxy;          /* its twin for the connection to an https proxy; 0: none */
} kms_option;

extern const kms_option KMS_OPTIONS[KMS_OPTION_COUNT];

/* Every text ends in NUL, which its length leaves out, as those of Lua do. */
typedef struct {
    kms_slice method;
    kms_slice scheme;
    kms_slice host;
    kms_slice target;
    kms_slice body;  /* data == NULL: none */
    bool link_local; /* plain http may go to a link-local address as well */
    bool has_deadline;
    double deadline; /* Unix time in seconds */
} kms_exchange_request;

/* Why there is no answer; code is NULL while nothing has failed. Nothing in it is secret. */
typedef struct {
    const char *kind; /* "invalid" or "transport", with the code of that kind: see kms.error */
    const char *code;
    char message[512];
    bool uncertain; /* the request may have reached the server */
    bool has_cause; /* cause and cause_text are libcurl's */
    CURLcode cause;
    char cause_text[CURL_ERROR_SIZE];
} kms_failure;

typedef struct {
    char *text[KMS_OPTION_COUNT];
    double number[KMS_OPTION_COUNT];
    CURL *easy;   /* of the exchange under way */
    CURLSH *kept; /* connections; made by the first exchange and by the first after a failed one */
    double idle_since;
    unsigned long requests;
    unsigned long connections;

    /* of the exchange under way */
    struct curl_slist *headers;
    kms_buffer line; /* the URL or one header line, while libcurl copies it */
    unsigned given;  /* bits of the headers in the table DEFAULTS that the caller sent */
    long status;
    kms_reply reply;
    char error[CURL_ERROR_SIZE];
    kms_failure failure;
} kms_exchange;

/* Nothing is allocated. */
void kms_exchange_init(kms_exchange *exchange);

typedef enum { KMS_SET_OK, KMS_SET_REFUSED, KMS_SET_NO_MEMORY } kms_set_status;

/* The text is copied. Refused: the value is against the option's rule. Only before the first
 * exchange. */
kms_set_status kms_exchange_set_text(kms_exchange *exchange, kms_option_index option,
                                     kms_slice text);
kms_set_status kms_exchange_set_number(kms_exchange *exchange, kms_option_index option,
                                       double number);

/* Checks what the request says before any header. False: see failure. */
bool kms_exchange_begin(kms_exchange *exchange, const kms_exchange_request *request);

/* Adds one header; both are copied. False: see failure. */
bool kms_exchange_header(kms_exchange *exchange, kms_slice name, kms_slice value);

/* Sends and receives. The request is the one begun; its body is not copied. False: see failure; the
 * handle and its connections are then gone, so that nothing of this exchange can reach the next
 * one. */
bool kms_exchange_perform(kms_exchange *exchange, const kms_exchange_request *request);

/* Wipes and frees what the exchange held; the connection stays. */
void kms_exchange_end(kms_exchange *exchange);

/* Closes the connections and frees everything. The exchange is then as after init. */
void kms_exchange_close(kms_exchange *exchange);

/* Unix time in seconds, to the clock's resolution. */
double kms_now(void);

#endif
