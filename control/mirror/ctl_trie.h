#ifndef CONTROL_MIRROR_CTL_TRIE_H
#define CONTROL_MIRROR_CTL_TRIE_H

/**
 * @file
 * Prefixes of one family in order of address, then depth: exact and longest match, ordered walk.
 *
 * A crit-bit tree over the bits of the address followed by those of the depth: n prefixes need
 * n - 1 forks of 8 bytes, each with the number of a bit and where prefixes with 0 and with 1 there
 * are. The prefixes themselves are objects of the caller's pool. Control thread only; every
 * operation but ctl_trie_match() descends at most twice.
 */

#include "control/mirror/ctl_addr.h"
#include "control/mirror/ctl_pool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CTL_TRIE_VALUE_MAX 0xffffffU /**< of a leaf */

/** What an object of a trie begins with; its address is where the trie was told. */
struct ctl_trie_leaf {
	uint32_t depth : 8;  /**< prefix length, bits */
	uint32_t value : 24; /**< the caller's */
};

struct ctl_trie {
	const struct ctl_pool *leaves; /**< the caller's objects */
	struct ctl_pool forks;
	uint32_t root;	 /**< 0 when empty */
	uint8_t family;	 /**< AF_INET or AF_INET6 */
	uint16_t key_at; /**< offset of the address in an object */
	uint64_t n_prefixes;
};

/** @param key_at offset of the address, of as many bytes as the family has, in the objects */
void ctl_trie_init(struct ctl_trie *trie, const struct ctl_pool *leaves, uint8_t family,
		   size_t key_at);

/** Frees what is the trie's own; the objects are the caller's affair. */
void ctl_trie_fini(struct ctl_trie *trie);

/** @return the object of exactly this prefix, 0 without */
uint32_t ctl_trie_find(const struct ctl_trie *trie, const struct ctl_addr *prefix, uint8_t depth);

/**
 * Inserts an object whose prefix is not there; writes its depth and address.
 *
 * @return 0 or -ENOMEM
 */
int ctl_trie_insert(struct ctl_trie *trie, uint32_t leaf, const struct ctl_addr *prefix,
		    uint8_t depth);

/** Puts another object of the same prefix, depth and address in the place of one. */
void ctl_trie_replace(struct ctl_trie *trie, uint32_t old, uint32_t leaf);

/** Takes an object out. */
void ctl_trie_remove(struct ctl_trie *trie, uint32_t leaf);

/** The longest prefix that contains an address and is no longer than depth; 0 without. */
uint32_t ctl_trie_match(const struct ctl_trie *trie, const struct ctl_addr *addr, uint8_t depth);

/** The next shorter prefix that contains this one, 0 without. */
uint32_t ctl_trie_up(const struct ctl_trie *trie, uint32_t leaf);

/** The first prefix behind one, which need not be there; 0 at the end. */
uint32_t ctl_trie_after(const struct ctl_trie *trie, const struct ctl_addr *prefix, uint8_t depth);

/** The first of all, 0 when the trie is empty. */
uint32_t ctl_trie_first(const struct ctl_trie *trie);

/** Whether the prefix of an object lies in another prefix, or is it. */
bool ctl_trie_is_inside(const struct ctl_trie *trie, uint32_t leaf, const struct ctl_addr *prefix,
			uint8_t depth);

/** The object of a number. */
static inline struct ctl_trie_leaf *ctl_trie_at(const struct ctl_trie *trie, uint32_t leaf)
{
	return ctl_pool_at(trie->leaves, leaf);
}

/** The address of an object. */
struct ctl_addr ctl_trie_addr(const struct ctl_trie *trie, const struct ctl_trie_leaf *leaf);

#endif
