/* Doubly linked lists of structs that contain their links. */
#ifndef KMS_LIST_H
#define KMS_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* A link is in one list at most. A list is a ring of links; one of them stands for the list. */
typedef struct kms_link {
    struct kms_link *next, *previous;
} kms_link;

static inline void kms_list_init(kms_link *list)
{
    list->next = list->previous = list;
}

static inline bool kms_list_is_empty(const kms_link *list)
{
    return list->next == list;
}

/* Inserts a link before another one. Before the list itself means at the end. */
static inline void kms_list_insert(kms_link *before, kms_link *link)
{
    link->next = before;
    link->previous = before->previous;
    link->previous->next = before->previous = link;
}

static inline void kms_list_remove(kms_link *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
}

/* The struct of a type that contains a link as `member`. */
#define KMS_LIST_ITEM(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

#endif
