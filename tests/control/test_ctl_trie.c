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
};

static struct entry entries[N_PREFIXES];
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

static const struct entry *longest(uint32_t addr)
{
	const struct entry *best = NULL;

	for (unsigned i = 0; i < N_PREFIXES; i++) {
		if (entries[i].present && (addr & mask_of(entries[i].depth)) == entries[i].prefix &&
		    (!best || entries[i].depth > best->depth))
			best = &entries[i];
	}
	return best;
}

static void check_match(void)
{
	uint32_t value = random_addr();
	struct ctl_addr addr = ctl_addr_from_ipv4(value);
	const struct ctl_trie_node *node = ctl_trie_match(&trie, &addr);
	const struct entry *want = longest(value);

	assert_ptr_equal(node ? node->item : NULL, want);
	if (!want || want->depth == 0)
		return;
	node = ctl_trie_up(node);
	for (uint8_t depth = want->depth; node && depth-- > 0;) {
		if (node->depth == depth)
			assert_true(((const struct entry *)node->item)->present);
	}
}

/* What is inside of a prefix comes once, in order. */
static void check_walk(void)
{
	const struct entry *frame = &entries[pick(N_PREFIXES)];
	struct ctl_addr prefix = ctl_addr_from_ipv4(frame->prefix);
	struct ctl_trie_node *node = ctl_trie_first(&trie, &prefix, frame->depth);
	const struct entry *last = NULL;
	unsigned want = 0;
	unsigned found = 0;

	for (unsigned i = 0; i < N_PREFIXES; i++)
		want += entries[i].present && entries[i].depth >= frame->depth &&
			(entries[i].prefix & mask_of(frame->depth)) == frame->prefix;
	for (; node; node = ctl_trie_next(node, &prefix, frame->depth)) {
		const struct entry *entry = node->item;

		assert_true(!last || entry->prefix > last->prefix ||
			    (entry->prefix == last->prefix && entry->depth > last->depth));
		last = entry;
		found++;
	}
	assert_int_equal(found, want);
}

/* The first one behind any prefix, also behind one that is not there. */
static void check_after(void)
{
	uint8_t depth = (uint8_t)pick(33);
	uint32_t value = random_addr() & mask_of(depth);
	struct ctl_addr prefix = ctl_addr_from_ipv4(value);
	const struct ctl_trie_node *node = ctl_trie_after(&trie, &prefix, depth);
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
	assert_ptr_equal(node ? node->item : NULL, best);
}

static void flip(struct entry *entry)
{
	struct ctl_addr prefix = ctl_addr_from_ipv4(entry->prefix);
	struct ctl_trie_node *node = ctl_trie_find(&trie, &prefix, entry->depth);

	if (entry->present) {
		assert_non_null(node);
		assert_ptr_equal(node->item, entry);
		ctl_trie_remove(&trie, node);
	} else {
		assert_null(node);
		node = ctl_trie_insert(&trie, &prefix, entry->depth, entry);
		assert_non_null(node);
		assert_ptr_equal(node->item, entry);
		assert_int_equal(node->value, 0);
	}
	entry->present = !entry->present;
}

static void test_trie_equals_list(void **state)
{
	(void)state;
	entries_make();
	for (unsigned step = 0; step < N_STEPS; step++) {
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
	assert_int_equal(trie.prefixes, 0);
	assert_null(trie.root);
}

static void test_insert_keeps_the_first_item(void **state)
{
	struct ctl_addr prefix = ctl_addr_from_ipv4(0x0a000000);
	struct ctl_trie_node *node;
	int first;
	int second;

	(void)state;
	node = ctl_trie_insert(&trie, &prefix, 8, &first);
	assert_ptr_equal(ctl_trie_insert(&trie, &prefix, 8, &second), node);
	assert_ptr_equal(node->item, &first);
	assert_int_equal(trie.prefixes, 1);
	ctl_trie_clear(&trie);
	assert_null(trie.root);
}

static void test_prefixes_of_ipv6(void **state)
{
	struct ctl_addr wide = { .family = AF_INET6, .bytes = { 0x20, 0x01, 0x0d, 0xb8 } };
	struct ctl_addr host = wide;
	int items[2];

	(void)state;
	host.bytes[15] = 1;
	assert_non_null(ctl_trie_insert(&trie, &wide, 32, &items[0]));
	assert_non_null(ctl_trie_insert(&trie, &host, 128, &items[1]));
	assert_ptr_equal(ctl_trie_match(&trie, &host)->item, &items[1]);
	host.bytes[15] = 2;
	assert_ptr_equal(ctl_trie_match(&trie, &host)->item, &items[0]);
	ctl_trie_clear(&trie);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trie_equals_list),
		cmocka_unit_test(test_insert_keeps_the_first_item),
		cmocka_unit_test(test_prefixes_of_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
