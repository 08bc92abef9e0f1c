/* P0, the baseline: sends one request repeatedly, with libcurl alone. Its headers are signed
 * elsewhere.
 *
 *   p0 URL CA_FILE BODY HEADER... */
#include "batches.h"
#include "baseline.h"

#include <stdlib.h>

static void call(void *easy)
{
    baseline_put(easy);
}

int main(int count, char **arguments)
{
    struct curl_slist *headers = NULL;
    if (count < 4)
        return 2;
    CURL *easy = baseline_open(arguments[1], arguments[3], arguments[2]);
    for (int i = 4; i < count; i++)
        headers = baseline_append(headers, arguments[i]);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    run_each(call, easy);
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    return EXIT_SUCCESS;
}
