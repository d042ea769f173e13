#include "control/mirror/ctl_trie.h"

#include <stdbool.h>
#include <stdlib.h>

static unsigned key_bit(const uint8_t *key, unsigned pos)
{
	return key[pos / 8] >> (7 - pos % 8) & 1;
}

/* Bits that two keys have in common, at most max. */
static unsigned common_bits(const uint8_t *a, const uint8_t *b, unsigned max)
{
	unsigned pos = 0;

	while (pos + 8 <= max && a[pos / 8] == b[pos / 8])
		pos += 8;
	while (pos < max && key_bit(a, pos) == key_bit(b, pos))
		pos++;
	return pos;
}

static bool node_contains(const struct ctl_trie_node *node, const uint8_t *key, unsigned depth)
{
	return node->depth <= depth && common_bits(node->key, key, node->depth) == node->depth;
}

static struct ctl_trie_node *node_create(const uint8_t *key, unsigned depth)
{
	struct ctl_trie_node *node = calloc(1, sizeof(*node));

	if (!node)
		return NULL;
	node->depth = (uint8_t)depth;
	memcpy(node->key, key, depth / 8);
	if (depth % 8)
		node->key[depth / 8] = key[depth / 8] & (uint8_t)(0xff00U >> depth % 8);
	return node;
}

static struct ctl_trie_node **node_slot(struct ctl_trie *trie, struct ctl_trie_node *node)
{
	if (!node->parent)
		return &trie->root;
	return &node->parent->child[node->parent->child[1] == node];
}

static void node_set_child(struct ctl_trie_node *parent, struct ctl_trie_node *child)
{
	parent->child[key_bit(child->key, parent->depth)] = child;
	child->parent = parent;
}

/* The deepest node whose prefix contains the key, or NULL. */
static struct ctl_trie_node *trie_descend(const struct ctl_trie *trie, const uint8_t *key,
					  unsigned depth)
{
	struct ctl_trie_node *node = trie->root;
	struct ctl_trie_node *last = NULL;

	while (node && node_contains(node, key, depth)) {
		last = node;
		if (node->depth == depth)
			break;
		node = node->child[key_bit(key, node->depth)];
	}
	return last;
}

struct ctl_trie_node *ctl_trie_find(const struct ctl_trie *trie, const struct ctl_addr *prefix,
				    uint8_t depth)
{
	struct ctl_trie_node *node = trie_descend(trie, prefix->bytes, depth);

	return node && node->depth == depth && node->item ? node : NULL;
}

/* Puts node between parent (NULL: the root) and what is there, which does not contain it. */
static int trie_split(struct ctl_trie *trie, struct ctl_trie_node *node,
		      struct ctl_trie_node *below)
{
	unsigned limit = node->depth < below->depth ? node->depth : below->depth;
	unsigned common = common_bits(node->key, below->key, limit);
	struct ctl_trie_node **slot = node_slot(trie, below);
	struct ctl_trie_node *above = below->parent;
	struct ctl_trie_node *top = node;

	if (common < node->depth) {
		top = node_create(node->key, common);
		if (!top)
			return -1;
		node_set_child(top, node);
	}
	node_set_child(top, below);
	top->parent = above;
	*slot = top;
	return 0;
}

static struct ctl_trie_node *trie_attach(struct ctl_trie *trie, struct ctl_trie_node *above,
					 const uint8_t *key, uint8_t depth)
{
	struct ctl_trie_node *below = above ? above->child[key_bit(key, above->depth)] : trie->root;
	struct ctl_trie_node *node = node_create(key, depth);

	if (!node)
		return NULL;
	if (below && trie_split(trie, node, below) < 0) {
		free(node);
		return NULL;
	}
	if (!below && above)
		node_set_child(above, node);
	else if (!below)
		trie->root = node;
	return node;
}

struct ctl_trie_node *ctl_trie_insert(struct ctl_trie *trie, const struct ctl_addr *prefix,
				      uint8_t depth, void *item)
{
	struct ctl_trie_node *node = trie_descend(trie, prefix->bytes, depth);

	if (!node || node->depth != depth)
		node = trie_attach(trie, node, prefix->bytes, depth);
	if (node && !node->item) {
		node->item = item;
		node->value = 0;
		trie->prefixes++;
	}
	return node;
}

/* Frees a node that is no prefix and no branching point; its parent may have become such a node. */
static struct ctl_trie_node *trie_prune(struct ctl_trie *trie, struct ctl_trie_node *node)
{
	struct ctl_trie_node *parent = node->parent;
	struct ctl_trie_node *only = node->child[0] ? node->child[0] : node->child[1];

	if (node->item || (node->child[0] && node->child[1]))
		return NULL;
	*node_slot(trie, node) = only;
	if (only)
		only->parent = parent;
	free(node);
	return only ? NULL : parent;
}

void ctl_trie_remove(struct ctl_trie *trie, struct ctl_trie_node *node)
{
	node->item = NULL;
	node->value = 0;
	trie->prefixes--;
	while (node)
		node = trie_prune(trie, node);
}

void ctl_trie_clear(struct ctl_trie *trie)
{
	struct ctl_trie_node *node = trie->root;

	while (node) {
		struct ctl_trie_node *parent = node->parent;
		struct ctl_trie_node *child = node->child[0] ? node->child[0] : node->child[1];

		if (child) {
			node = child;
			continue;
		}
		*node_slot(trie, node) = NULL;
		free(node);
		node = parent;
	}
	trie->prefixes = 0;
}

struct ctl_trie_node *ctl_trie_match(const struct ctl_trie *trie, const struct ctl_addr *addr)
{
	unsigned bits = (unsigned)ctl_addr_len(addr->family) * 8;
	struct ctl_trie_node *node = trie_descend(trie, addr->bytes, bits);

	return node && !node->item ? ctl_trie_up(node) : node;
}

struct ctl_trie_node *ctl_trie_up(const struct ctl_trie_node *node)
{
	struct ctl_trie_node *above = node->parent;

	while (above && !above->item)
		above = above->parent;
	return above;
}

/* The first node after all that is below this one. */
static struct ctl_trie_node *subtree_after(const struct ctl_trie_node *at)
{
	for (; at->parent; at = at->parent) {
		struct ctl_trie_node *sibling = at->parent->child[1];

		if (sibling && sibling != at)
			return sibling;
	}
	return NULL;
}

/* The node after this one in pre-order, inside of a prefix; NULL at the end. */
static struct ctl_trie_node *trie_step(const struct ctl_trie_node *node, const uint8_t *key,
				       unsigned depth)
{
	struct ctl_trie_node *next;

	if (node->child[0])
		return node->child[0];
	if (node->child[1])
		return node->child[1];
	next = subtree_after(node);
	return next && common_bits(next->key, key, depth) == depth ? next : NULL;
}

struct ctl_trie_node *ctl_trie_next(const struct ctl_trie_node *node, const struct ctl_addr *prefix,
				    uint8_t depth)
{
	struct ctl_trie_node *next = trie_step(node, prefix->bytes, depth);

	while (next && !next->item)
		next = trie_step(next, prefix->bytes, depth);
	return next;
}

struct ctl_trie_node *ctl_trie_first(const struct ctl_trie *trie, const struct ctl_addr *prefix,
				     uint8_t depth)
{
	struct ctl_trie_node *above = trie_descend(trie, prefix->bytes, depth);
	struct ctl_trie_node *node = trie->root;

	if (above && above->depth < depth)
		node = above->child[key_bit(prefix->bytes, above->depth)];
	else if (above)
		node = above;
	if (!node || node->depth < depth || common_bits(node->key, prefix->bytes, depth) != depth)
		return NULL;
	return node->item ? node : ctl_trie_next(node, prefix, depth);
}

/* Where a prefix that is not in the trie would be: before or after all of a subtree. */
static bool node_is_after(const struct ctl_trie_node *node, const uint8_t *key, unsigned depth)
{
	unsigned limit = node->depth < depth ? node->depth : depth;
	unsigned common = common_bits(node->key, key, limit);

	if (common == limit)
		return node->depth > depth;
	return key_bit(node->key, common);
}

struct ctl_trie_node *ctl_trie_after(const struct ctl_trie *trie, const struct ctl_addr *prefix,
				     uint8_t depth)
{
	struct ctl_trie_node *above = trie_descend(trie, prefix->bytes, depth);
	struct ctl_trie_node *next = trie->root;

	if (above && above->depth == depth) {
		next = trie_step(above, prefix->bytes, 0);
	} else if (above) {
		unsigned bit = key_bit(prefix->bytes, above->depth);

		next = above->child[bit];
		if (!next)
			next = bit == 0 && above->child[1] ? above->child[1] : subtree_after(above);
		else if (!node_is_after(next, prefix->bytes, depth))
			next = subtree_after(next);
	} else if (next && !node_is_after(next, prefix->bytes, depth)) {
		next = NULL;
	}
	while (next && !next->item)
		next = trie_step(next, prefix->bytes, 0);
	return next;
}
