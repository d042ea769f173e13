#include "control/mirror/ctl_trie.h"

#include <errno.h>

/*
 * A reference is a leaf (odd) or a fork (even) and the number of its object above that; 0 is none.
 * A fork is two references of 28 bits and the number of its bit above them.
 */
#define REF_BITS 28U
#define REF_MASK ((1ULL << REF_BITS) - 1)
#define BIT_SHIFT (2 * REF_BITS)
#define NUMBER_MAX (UINT32_MAX >> (33 - REF_BITS))

/* The address and the depth behind it: as one string of bits it is what prefixes are ordered by. */
struct key {
	uint8_t bytes[CTL_ADDR_BYTES + 1];
	unsigned n_bytes;
};

/* A place in the tree that a reference is in: one side of a fork, or the root. */
struct link {
	uint32_t fork; /* 0: the root */
	unsigned side;
};

static uint32_t leaf_ref(uint32_t leaf)
{
	return leaf << 1 | 1;
}

static bool ref_is_leaf(uint32_t ref)
{
	return ref & 1;
}

static uint64_t *fork_at(const struct ctl_trie *trie, uint32_t fork)
{
	return ctl_pool_at(&trie->forks, fork);
}

static unsigned fork_bit(uint64_t fork)
{
	return (unsigned)(fork >> BIT_SHIFT);
}

static uint32_t fork_side(uint64_t fork, unsigned side)
{
	return (uint32_t)(fork >> side * REF_BITS & REF_MASK);
}

static uint32_t link_get(const struct ctl_trie *trie, struct link link)
{
	return link.fork ? fork_side(*fork_at(trie, link.fork), link.side) : trie->root;
}

static void link_set(struct ctl_trie *trie, struct link link, uint32_t ref)
{
	uint64_t *fork;

	if (!link.fork) {
		trie->root = ref;
		return;
	}
	fork = fork_at(trie, link.fork);
	*fork &= ~(REF_MASK << link.side * REF_BITS);
	*fork |= (uint64_t)ref << link.side * REF_BITS;
}

static struct key key_of(const struct ctl_trie *trie, const struct ctl_addr *prefix, uint8_t depth)
{
	unsigned len = (unsigned)ctl_addr_len(trie->family);
	struct key key = { .n_bytes = len + 1 };

	memcpy(key.bytes, prefix->bytes, len);
	key.bytes[len] = depth;
	return key;
}

static const uint8_t *leaf_address(const struct ctl_trie *trie, const struct ctl_trie_leaf *leaf)
{
	return (const uint8_t *)leaf + trie->key_at;
}

static struct key leaf_key(const struct ctl_trie *trie, uint32_t number)
{
	const struct ctl_trie_leaf *leaf = ctl_trie_at(trie, number);
	unsigned len = (unsigned)ctl_addr_len(trie->family);
	struct key key = { .n_bytes = len + 1 };

	memcpy(key.bytes, leaf_address(trie, leaf), len);
	key.bytes[len] = leaf->depth;
	return key;
}

static unsigned key_bit(const struct key *key, unsigned bit)
{
	return key->bytes[bit / 8] >> (7 - bit % 8) & 1;
}

/* The first bit in which two keys differ; their length in bits when they are equal. */
static unsigned key_differ(const struct key *a, const struct key *b)
{
	for (unsigned i = 0; i < a->n_bytes; i++) {
		unsigned differ = a->bytes[i] ^ b->bytes[i];

		if (differ)
			return i * 8 + (unsigned)__builtin_clz(differ) - 24;
	}
	return a->n_bytes * 8;
}

static unsigned key_bits(const struct key *key)
{
	return key->n_bytes * 8;
}

/* Some leaf that has all bits of the key at which the tree forks on the way to it. */
static uint32_t nearest(const struct ctl_trie *trie, const struct key *key)
{
	uint32_t ref = trie->root;

	while (ref && !ref_is_leaf(ref)) {
		uint64_t fork = *fork_at(trie, ref >> 1);

		ref = fork_side(fork, key_bit(key, fork_bit(fork)));
	}
	return ref >> 1;
}

void ctl_trie_init(struct ctl_trie *trie, const struct ctl_pool *leaves, uint8_t family,
		   size_t key_at)
{
	memset(trie, 0, sizeof(*trie));
	trie->leaves = leaves;
	trie->family = family;
	trie->key_at = (uint16_t)key_at;
	ctl_pool_init(&trie->forks, sizeof(uint64_t));
}

void ctl_trie_fini(struct ctl_trie *trie)
{
	ctl_pool_fini(&trie->forks);
	trie->root = 0;
	trie->n_prefixes = 0;
}

struct ctl_addr ctl_trie_addr(const struct ctl_trie *trie, const struct ctl_trie_leaf *leaf)
{
	struct ctl_addr addr = { .family = trie->family };

	memcpy(addr.bytes, leaf_address(trie, leaf), ctl_addr_len(trie->family));
	return addr;
}

uint32_t ctl_trie_find(const struct ctl_trie *trie, const struct ctl_addr *prefix, uint8_t depth)
{
	struct key key = key_of(trie, prefix, depth);
	uint32_t leaf = nearest(trie, &key);
	struct key found;

	if (!leaf)
		return 0;
	found = leaf_key(trie, leaf);
	return memcmp(found.bytes, key.bytes, key.n_bytes) == 0 ? leaf : 0;
}

/* The link to the subtree of all prefixes that agree with a key before a bit. */
static struct link descend(const struct ctl_trie *trie, const struct key *key, unsigned bit)
{
	struct link link = { .fork = 0 };

	for (;;) {
		uint32_t ref = link_get(trie, link);
		uint64_t fork;

		if (!ref || ref_is_leaf(ref))
			return link;
		fork = *fork_at(trie, ref >> 1);
		if (fork_bit(fork) >= bit)
			return link;
		link = (struct link){ .fork = ref >> 1, .side = key_bit(key, fork_bit(fork)) };
	}
}

static void leaf_fill(const struct ctl_trie *trie, uint32_t number, const struct ctl_addr *prefix,
		      uint8_t depth)
{
	struct ctl_trie_leaf *leaf = ctl_trie_at(trie, number);

	leaf->depth = depth;
	memcpy((uint8_t *)leaf + trie->key_at, prefix->bytes, ctl_addr_len(trie->family));
}

int ctl_trie_insert(struct ctl_trie *trie, uint32_t leaf, const struct ctl_addr *prefix,
		    uint8_t depth)
{
	struct key key = key_of(trie, prefix, depth);
	uint32_t near = nearest(trie, &key);
	uint32_t number, refs[2] = { 0, 0 };
	struct link link;
	struct key other;
	unsigned bit;

	if (leaf > NUMBER_MAX)
		return -ENOMEM;
	leaf_fill(trie, leaf, prefix, depth);
	trie->n_prefixes++;
	if (!near) {
		trie->root = leaf_ref(leaf);
		return 0;
	}
	number = ctl_pool_alloc(&trie->forks);
	if (!number) {
		trie->n_prefixes--;
		return -ENOMEM;
	}
	other = leaf_key(trie, near);
	bit = key_differ(&key, &other);
	link = descend(trie, &key, bit);
	refs[key_bit(&key, bit)] = leaf_ref(leaf);
	refs[!key_bit(&key, bit)] = link_get(trie, link);
	*fork_at(trie, number) = (uint64_t)bit << BIT_SHIFT | (uint64_t)refs[1] << REF_BITS |
				 refs[0];
	link_set(trie, link, number << 1);
	return 0;
}

void ctl_trie_replace(struct ctl_trie *trie, uint32_t old, uint32_t leaf)
{
	struct key key = leaf_key(trie, old);

	link_set(trie, descend(trie, &key, key_bits(&key)), leaf_ref(leaf));
}

void ctl_trie_remove(struct ctl_trie *trie, uint32_t leaf)
{
	struct key key = leaf_key(trie, leaf);
	struct link link = descend(trie, &key, key_bits(&key));
	struct link above;
	uint64_t fork;

	trie->n_prefixes--;
	if (!link.fork) {
		trie->root = 0;
		return;
	}
	fork = *fork_at(trie, link.fork);
	above = descend(trie, &key, fork_bit(fork));
	link_set(trie, above, fork_side(fork, !link.side));
	ctl_pool_free(&trie->forks, link.fork);
}

/* The first (side 0) or last (side 1) leaf below a reference. */
static uint32_t outermost(const struct ctl_trie *trie, uint32_t ref, unsigned side)
{
	while (ref && !ref_is_leaf(ref))
		ref = fork_side(*fork_at(trie, ref >> 1), side);
	return ref >> 1;
}

/*
 * The leaf next to a key that is not there, or that is (bit is then beyond its end): behind it for
 * side 1, before it for side 0.
 */
static uint32_t neighbour(const struct ctl_trie *trie, const struct key *key, unsigned bit,
			  unsigned side)
{
	uint32_t ref = trie->root;
	uint32_t turn = 0; /* the last subtree that lies on the wanted side of the way */

	while (ref && !ref_is_leaf(ref)) {
		uint64_t fork = *fork_at(trie, ref >> 1);

		if (fork_bit(fork) > bit)
			break;
		if (key_bit(key, fork_bit(fork)) != side)
			turn = fork_side(fork, side);
		ref = fork_side(fork, key_bit(key, fork_bit(fork)));
	}
	/* All of what is here differs from the key in that bit: it is on one side of it. */
	if (bit < key_bits(key) && key_bit(key, bit) != side)
		return outermost(trie, ref, !side);
	return outermost(trie, turn, !side);
}

uint32_t ctl_trie_after(const struct ctl_trie *trie, const struct ctl_addr *prefix, uint8_t depth)
{
	struct key key = key_of(trie, prefix, depth);
	uint32_t near = nearest(trie, &key);
	struct key other;

	if (!near)
		return 0;
	other = leaf_key(trie, near);
	return neighbour(trie, &key, key_differ(&key, &other), 1);
}

uint32_t ctl_trie_first(const struct ctl_trie *trie)
{
	return outermost(trie, trie->root, 0);
}

/* The last prefix that is not behind a key; 0 without. */
static uint32_t not_after(const struct ctl_trie *trie, const struct key *key)
{
	uint32_t near = nearest(trie, key);
	struct key other;
	unsigned bit;

	if (!near)
		return 0;
	other = leaf_key(trie, near);
	bit = key_differ(key, &other);
	return bit == key_bits(key) ? near : neighbour(trie, key, bit, 0);
}

static void key_cut(struct key *key, unsigned depth)
{
	unsigned len = key->n_bytes - 1;

	for (unsigned i = depth / 8; i < len; i++)
		key->bytes[i] &= i == depth / 8 ? (uint8_t)(0xff00U >> depth % 8) : 0;
	key->bytes[len] = (uint8_t)depth;
}

/*
 * Of the prefixes that contain an address the longest is the last in order. What else lies between
 * it and the address differs from the address in some bit, and no longer match can be behind that:
 * the search goes on with as many bits as were common.
 */
uint32_t ctl_trie_match(const struct ctl_trie *trie, const struct ctl_addr *addr, uint8_t depth)
{
	struct key key = key_of(trie, addr, depth);

	key_cut(&key, depth);
	for (;;) {
		uint32_t leaf = not_after(trie, &key);
		struct key found;
		unsigned common;

		if (!leaf)
			return 0;
		found = leaf_key(trie, leaf);
		common = key_differ(&found, &key);
		if (common >= found.bytes[found.n_bytes - 1])
			return leaf;
		key_cut(&key, common);
	}
}

uint32_t ctl_trie_up(const struct ctl_trie *trie, uint32_t leaf)
{
	const struct ctl_trie_leaf *at = ctl_trie_at(trie, leaf);
	struct ctl_addr addr = ctl_trie_addr(trie, at);

	return at->depth > 0 ? ctl_trie_match(trie, &addr, (uint8_t)(at->depth - 1)) : 0;
}

bool ctl_trie_is_inside(const struct ctl_trie *trie, uint32_t leaf, const struct ctl_addr *prefix,
			uint8_t depth)
{
	struct key key = key_of(trie, prefix, depth);
	struct key own = leaf_key(trie, leaf);

	return own.bytes[own.n_bytes - 1] >= depth && key_differ(&key, &own) >= depth;
}
