/* A TLS 1.3 server that responds to the first request on a connection, and to the next one only with
 * KeyUpdate messages without pause: server PORT CERTIFICATE KEY. Ends when its connection does. */
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char RESPONSE[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

int main(int argc, char **argv)
{
    char request[4096];
    struct sockaddr_in address = {.sin_family = AF_INET};
    const int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (argc != 4 || SSL_CTX_use_certificate_chain_file(context, argv[2]) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, argv[3], SSL_FILETYPE_PEM) != 1)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    alarm(60);
    address.sin_port = htons((unsigned short)atoi(argv[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 8) != 0)
        return 3;
    puts("ready");
    fflush(stdout);
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, accept(listener, NULL, NULL));
    if (SSL_accept(ssl) != 1 || SSL_read(ssl, request, sizeof request) <= 0)
        return 4;
    SSL_write(ssl, RESPONSE, (int)strlen(RESPONSE));
    if (SSL_read(ssl, request, sizeof request) <= 0)
        return 5;
    while (SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 && SSL_do_handshake(ssl) == 1)
        ;
    return 0;
}
