#ifndef CONTROL_MIRROR_CTL_TRIE_H
#define CONTROL_MIRROR_CTL_TRIE_H

/**
 * @file
 * Prefixes of one family in a path-compressed binary trie: longest match, subtree and ordered
 * walk. Control thread only; every operation costs at most the number of address bits.
 */

#include "control/mirror/ctl_addr.h"

#include <stddef.h>
#include <stdint.h>

/**
 * A prefix. The caller owns item and value; a node without item is a branching point of the trie
 * and no prefix.
 */
struct ctl_trie_node {
	struct ctl_trie_node *parent;
	struct ctl_trie_node *child[2];
	void *item;	/**< the caller's, NULL: no prefix */
	uint32_t value; /**< the caller's, 0 at first */
	uint8_t depth;	/**< prefix length, bits */
	uint8_t key[CTL_ADDR_BYTES];
};

/** All zero when empty. */
struct ctl_trie {
	struct ctl_trie_node *root;
	size_t prefixes; /**< nodes that were inserted and not removed */
};

/** Finds the node of exactly this prefix, or NULL. */
struct ctl_trie_node *ctl_trie_find(const struct ctl_trie *trie, const struct ctl_addr *prefix,
				    uint8_t depth);

/**
 * Finds or makes the node of a prefix and gives it an item when it has none.
 *
 * @param item not NULL; what the node keeps if it had none
 * @return the node, or NULL without memory
 */
struct ctl_trie_node *ctl_trie_insert(struct ctl_trie *trie, const struct ctl_addr *prefix,
				      uint8_t depth, void *item);

/** Takes the item from a node and frees it unless the trie still branches there. */
void ctl_trie_remove(struct ctl_trie *trie, struct ctl_trie_node *node);

/** Frees all nodes; the items are the caller's affair. */
void ctl_trie_clear(struct ctl_trie *trie);

/** The longest prefix that contains the address, or NULL. */
struct ctl_trie_node *ctl_trie_match(const struct ctl_trie *trie, const struct ctl_addr *addr);

/** The next shorter prefix that contains this one, or NULL. */
struct ctl_trie_node *ctl_trie_up(const struct ctl_trie_node *node);

/** The first prefix equal to or inside of a prefix, or NULL. */
struct ctl_trie_node *ctl_trie_first(const struct ctl_trie *trie, const struct ctl_addr *prefix,
				     uint8_t depth);

/**
 * The prefix after node among those inside of a prefix, in ascending order of address, then depth;
 * NULL at the end. A node may be removed once its successor is known.
 */
struct ctl_trie_node *ctl_trie_next(const struct ctl_trie_node *node, const struct ctl_addr *prefix,
				    uint8_t depth);

/**
 * The first prefix of all that comes after a prefix, which need not be there, in ascending order of
 * address, then depth; NULL at the end.
 */
struct ctl_trie_node *ctl_trie_after(const struct ctl_trie *trie, const struct ctl_addr *prefix,
				     uint8_t depth);

#endif
