#ifndef CONTROL_MIRROR_CTL_HASH_H
#define CONTROL_MIRROR_CTL_HASH_H

/**
 * @file
 * A chained hash table of nodes that live inside of the caller's objects. Control thread only.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Lives inside of an object; zero it before the first use. */
struct ctl_hash_node {
	struct ctl_hash_node *next;
	uint32_t hash;
};

struct ctl_hash {
	struct ctl_hash_node **buckets;
	uint32_t mask; /**< number of buckets - 1 */
	size_t count;
};

/** The object of type around one of its members. */
#define CTL_CONTAINER(ptr, type, member) ((type *)((uintptr_t)(ptr)-offsetof(type, member)))

/** True when the object around node is the one that key describes. */
typedef bool (*ctl_hash_equal_fn)(const struct ctl_hash_node *node, const void *key);

/** @return 0 or -ENOMEM */
int ctl_hash_init(struct ctl_hash *hash);

/** Frees the table, not the objects. */
void ctl_hash_fini(struct ctl_hash *hash);

/** Inserts a node under a hash value. Never fails; without memory the chains only get longer. */
void ctl_hash_insert(struct ctl_hash *hash, struct ctl_hash_node *node, uint32_t value);

/** Removes a node that is in the table. */
void ctl_hash_remove(struct ctl_hash *hash, struct ctl_hash_node *node);

/** @return the node that key describes, or NULL */
struct ctl_hash_node *ctl_hash_find(const struct ctl_hash *hash, uint32_t value,
				    ctl_hash_equal_fn equal, const void *key);

/**
 * The node after this one, in no particular order; the first one for NULL, NULL at the end. Nothing
 * may be inserted meanwhile; a node may be removed once its successor is known.
 */
struct ctl_hash_node *ctl_hash_next(const struct ctl_hash *hash, const struct ctl_hash_node *node);

/** Mixes bytes into a hash value; start with 0. */
uint32_t ctl_hash_bytes(uint32_t value, const void *bytes, size_t len);

#endif
