/* P0, the floor: sends one request over and over, whose headers were signed once, elsewhere.
 *
 *   p0 URL CA_FILE BODY HEADER... */
#include "batches.h"
#include "floor.h"

#include <stdlib.h>

static void call(void *easy)
{
    floor_put(easy);
}

int main(int count, char **arguments)
{
    struct curl_slist *headers = NULL;
    if (count < 4)
        return 2;
    CURL *easy = floor_open(arguments[1], arguments[3], arguments[2]);
    for (int i = 4; i < count; i++)
        headers = floor_header(headers, arguments[i]);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    run_batches(call, easy);
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    return EXIT_SUCCESS;
}
