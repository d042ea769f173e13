#include "control/mirror/ctl_hash.h"

#include <errno.h>
#include <stdlib.h>

#define BUCKETS_MIN 16U
#define BUCKET_BYTES sizeof(void *)

int ctl_hash_init(struct ctl_hash *hash)
{
	hash->buckets = calloc(BUCKETS_MIN, BUCKET_BYTES);
	hash->mask = BUCKETS_MIN - 1;
	hash->count = 0;
	return hash->buckets ? 0 : -ENOMEM;
}

void ctl_hash_fini(struct ctl_hash *hash)
{
	free(hash->buckets);
	hash->buckets = NULL;
}

static void hash_grow(struct ctl_hash *hash)
{
	uint32_t mask = hash->mask * 2 + 1;
	struct ctl_hash_node **buckets = calloc((size_t)mask + 1, BUCKET_BYTES);

	if (!buckets)
		return;
	for (uint32_t i = 0; i <= hash->mask; i++) {
		while (hash->buckets[i]) {
			struct ctl_hash_node *node = hash->buckets[i];

			hash->buckets[i] = node->next;
			node->next = buckets[node->hash & mask];
			buckets[node->hash & mask] = node;
		}
	}
	free(hash->buckets);
	hash->buckets = buckets;
	hash->mask = mask;
}

void ctl_hash_insert(struct ctl_hash *hash, struct ctl_hash_node *node, uint32_t value)
{
	struct ctl_hash_node **bucket;

	if (hash->count > hash->mask)
		hash_grow(hash);
	bucket = &hash->buckets[value & hash->mask];
	node->hash = value;
	node->next = *bucket;
	*bucket = node;
	hash->count++;
}

void ctl_hash_remove(struct ctl_hash *hash, struct ctl_hash_node *node)
{
	struct ctl_hash_node **at = &hash->buckets[node->hash & hash->mask];

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	hash->count--;
}

struct ctl_hash_node *ctl_hash_find(const struct ctl_hash *hash, uint32_t value,
				    ctl_hash_equal_fn equal, const void *key)
{
	struct ctl_hash_node *node = hash->buckets[value & hash->mask];

	while (node && (node->hash != value || !equal(node, key)))
		node = node->next;
	return node;
}

struct ctl_hash_node *ctl_hash_next(const struct ctl_hash *hash, const struct ctl_hash_node *node)
{
	uint32_t bucket = 0;

	if (node) {
		if (node->next)
			return node->next;
		bucket = (node->hash & hash->mask) + 1;
	}
	for (; bucket <= hash->mask; bucket++) {
		if (hash->buckets[bucket])
			return hash->buckets[bucket];
	}
	return NULL;
}

/* FNV-1a, with a final mix because the table takes the low bits. */
uint32_t ctl_hash_bytes(uint32_t value, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	uint32_t hash = value ^ 2166136261U;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ at[i]) * 16777619U;
	hash ^= hash >> 15;
	hash *= 0x2c1b3c6dU;
	return hash ^ hash >> 12;
}
