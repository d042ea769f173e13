/* The trie against a plain list of the same prefixes. */

#include "control/mirror/ctl_trie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>

#include <cmocka.h>

#define N_PREFIXES 400U
#define N_STEPS 20000U

struct entry {
	uint32_t prefix;
	uint8_t depth;
	bool present;
	uint32_t leaf;
};

/* What the trie names: an object that knows its entry. */
struct object {
	struct ctl_trie_leaf leaf;
	const struct entry *entry;
	uint8_t key[16];
};

static struct entry entries[N_PREFIXES];
static struct ctl_pool pool;
static struct ctl_trie trie;
static uint64_t random_state = 1;

static uint32_t pick(uint32_t n)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(random_state >> 33) % n;
}

static uint32_t mask_of(uint8_t depth)
{
	return depth ? ~(uint32_t)0 << (32 - depth) : 0;
}

/* Few address bits vary, so that prefixes nest and branch. */
static uint32_t random_addr(void)
{
	return 0x0a000000 | pick(4) << 14 | pick(8) << 6 | pick(4);
}

static void entries_make(void)
{
	for (unsigned i = 0; i < N_PREFIXES; i++) {
		bool fresh = false;

		while (!fresh) {
			entries[i].depth = (uint8_t)pick(33);
			entries[i].prefix = random_addr() & mask_of(entries[i].depth);
			entries[i].present = false;
			fresh = true;
			for (unsigned k = 0; k < i && fresh; k++)
				fresh = entries[k].prefix != entries[i].prefix ||
					entries[k].depth != entries[i].depth;
		}
	}
}

static const struct entry *longest(uint32_t addr, uint8_t depth)
{
	const struct entry *best = NULL;

	for (unsigned i = 0; i < N_PREFIXES; i++) {
		if (entries[i].present && entries[i].depth <= depth &&
		    (addr & mask_of(entries[i].depth)) == entries[i].prefix &&
		    (!best || entries[i].depth > best->depth))
			best = &entries[i];
	}
	return best;
}

static const struct entry *entry_of(uint32_t leaf)
{
	return leaf ? ((const struct object *)ctl_pool_at(&pool, leaf))->entry : NULL;
}

/* From the longest on, each shorter one in turn. */
static void check_match(void)
{
	uint32_t value = random_addr();
	struct ctl_addr addr = ctl_addr_from_ipv4(value);
	uint32_t leaf = ctl_trie_match(&trie, &addr, 32);
	const struct entry *want = longest(value, 32);

	assert_ptr_equal(entry_of(leaf), want);
	while (leaf && want) {
		leaf = ctl_trie_up(&trie, leaf);
		want = want->depth > 0 ? longest(value, (uint8_t)(want->depth - 1)) : NULL;
		assert_ptr_equal(entry_of(leaf), want);
	}
}

/* What is inside of a prefix comes once, in order. */
static void check_walk(void)
{
	const struct entry *frame = &entries[pick(N_PREFIXES)];
	struct ctl_addr prefix = ctl_addr_from_ipv4(frame->prefix);
	uint32_t leaf = ctl_trie_find(&trie, &prefix, frame->depth);
	const struct entry *last = NULL;
	unsigned want = 0;
	unsigned found = 0;

	for (unsigned i = 0; i < N_PREFIXES; i++)
		want += entries[i].present && entries[i].depth >= frame->depth &&
			(entries[i].prefix & mask_of(frame->depth)) == frame->prefix;
	if (!leaf)
		leaf = ctl_trie_after(&trie, &prefix, frame->depth);
	while (leaf && ctl_trie_is_inside(&trie, leaf, &prefix, frame->depth)) {
		const struct entry *entry = entry_of(leaf);
		struct ctl_addr at = ctl_trie_addr(&trie, ctl_trie_at(&trie, leaf));

		assert_int_equal(ctl_addr_ipv4(&at), entry->prefix);
		assert_int_equal(ctl_trie_at(&trie, leaf)->depth, entry->depth);
		assert_true(!last || entry->prefix > last->prefix ||
			    (entry->prefix == last->prefix && entry->depth > last->depth));
		last = entry;
		found++;
		leaf = ctl_trie_after(&trie, &at, entry->depth);
	}
	assert_int_equal(found, want);
}

/* The first one behind any prefix, also behind one that is not there. */
static void check_after(void)
{
	uint8_t depth = (uint8_t)pick(33);
	uint32_t value = random_addr() & mask_of(depth);
	struct ctl_addr prefix = ctl_addr_from_ipv4(value);
	const struct entry *best = NULL;

	for (unsigned i = 0; i < N_PREFIXES; i++) {
		const struct entry *entry = &entries[i];

		if (!entry->present || entry->prefix < value ||
		    (entry->prefix == value && entry->depth <= depth))
			continue;
		if (!best || entry->prefix < best->prefix ||
		    (entry->prefix == best->prefix && entry->depth < best->depth))
			best = entry;
	}
	assert_ptr_equal(entry_of(ctl_trie_after(&trie, &prefix, depth)), best);
}

static uint32_t object_new(const struct entry *entry)
{
	uint32_t leaf = ctl_pool_alloc(&pool);

	assert_int_not_equal(leaf, 0);
	((struct object *)ctl_pool_at(&pool, leaf))->entry = entry;
	return leaf;
}

static void flip(struct entry *entry)
{
	struct ctl_addr prefix = ctl_addr_from_ipv4(entry->prefix);
	uint32_t leaf = ctl_trie_find(&trie, &prefix, entry->depth);

	if (entry->present) {
		assert_int_equal(leaf, entry->leaf);
		ctl_trie_remove(&trie, leaf);
		ctl_pool_free(&pool, leaf);
	} else {
		assert_int_equal(leaf, 0);
		entry->leaf = object_new(entry);
		assert_int_equal(ctl_trie_insert(&trie, entry->leaf, &prefix, entry->depth), 0);
	}
	entry->present = !entry->present;
}

/* Another object takes the place of one. */
static void replace(struct entry *entry)
{
	uint32_t leaf = object_new(entry);

	memcpy(ctl_pool_at(&pool, leaf), ctl_pool_at(&pool, entry->leaf), sizeof(struct object));
	ctl_trie_replace(&trie, entry->leaf, leaf);
	ctl_pool_free(&pool, entry->leaf);
	entry->leaf = leaf;
}

static void tables_init(uint8_t family)
{
	ctl_pool_init(&pool, sizeof(struct object));
	ctl_trie_init(&trie, &pool, family, offsetof(struct object, key));
}

static void tables_fini(void)
{
	ctl_trie_fini(&trie);
	ctl_pool_fini(&pool);
}

static void test_trie_equals_list(void **state)
{
	(void)state;
	entries_make();
	tables_init(AF_INET);
	for (unsigned step = 0; step < N_STEPS; step++) {
		struct entry *entry = &entries[pick(N_PREFIXES)];

		if (entry->present && pick(4) == 0)
			replace(entry);
		flip(&entries[pick(N_PREFIXES)]);
		check_match();
		check_after();
		if (step % 16 == 0)
			check_walk();
	}
	for (unsigned i = 0; i < N_PREFIXES; i++) {
		if (entries[i].present)
			flip(&entries[i]);
	}
	assert_int_equal(trie.n_prefixes, 0);
	assert_int_equal(trie.forks.n_used, 0);
	assert_int_equal(ctl_trie_first(&trie), 0);
	tables_fini();
}

static void test_prefixes_of_ipv6(void **state)
{
	struct ctl_addr wide = { .family = AF_INET6, .bytes = { 0x20, 0x01, 0x0d, 0xb8 } };
	struct ctl_addr host = wide;
	uint32_t leaves[2];

	(void)state;
	tables_init(AF_INET6);
	leaves[0] = object_new(NULL);
	leaves[1] = object_new(NULL);
	host.bytes[15] = 1;
	assert_int_equal(ctl_trie_insert(&trie, leaves[0], &wide, 32), 0);
	assert_int_equal(ctl_trie_insert(&trie, leaves[1], &host, 128), 0);
	assert_int_equal(ctl_trie_match(&trie, &host, 128), leaves[1]);
	assert_int_equal(ctl_trie_up(&trie, leaves[1]), leaves[0]);
	host.bytes[15] = 2;
	assert_int_equal(ctl_trie_match(&trie, &host, 128), leaves[0]);
	tables_fini();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trie_equals_list),
		cmocka_unit_test(test_prefixes_of_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
