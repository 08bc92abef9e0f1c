/* The class of multis of kms.transport.curl: requests that run at the same time. */
#ifndef KMS_BINDING_MULTI_H
#define KMS_BINDING_MULTI_H

#include <lua.h>

/* Creates the class and pushes its constructor. */
void kms_multi_open(lua_State *L);

#endif
