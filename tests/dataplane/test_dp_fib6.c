#include "dataplane/dp_fib6.h"
#include "dataplane/dp_publish.h"
#include "tests/dataplane/fib6_reference.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int make_fib(void **state)
{
	*state = dp_fib6_create();
	return *state == NULL;
}

static int free_fib(void **state)
{
	dp_fib6_destroy(*state);
	return 0;
}

static struct dp_ip6 ip6(const char *text)
{
	struct dp_ip6 addr;

	assert_int_equal(inet_pton(AF_INET6, text, addr.bytes), 1);
	return addr;
}

static int add(struct dp_fib6 *fib, const char *prefix, uint8_t depth, uint32_t nexthop)
{
	struct dp_ip6 addr = ip6(prefix);

	return dp_fib6_add(fib, &addr, depth, nexthop, NULL);
}

static int del(struct dp_fib6 *fib, const char *prefix, uint8_t depth)
{
	struct dp_ip6 addr = ip6(prefix);

	return dp_fib6_del(fib, &addr, depth, NULL);
}

static uint32_t lookup(const struct dp_fib6 *fib, const char *text)
{
	struct dp_ip6 addr = ip6(text);

	return dp_fib6_lookup(fib, &addr);
}

static void test_empty(void **state)
{
	struct dp_ip6 any = { { 0 } };
	uint32_t nexthop;

	assert_int_equal(lookup(*state, "::"), DP_NH_NONE);
	assert_int_equal(lookup(*state, "2001:db8::1"), DP_NH_NONE);
	assert_int_equal(lookup(*state, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), DP_NH_NONE);
	assert_int_equal(dp_fib6_routes(*state), 0);
	assert_int_equal(dp_fib6_get(*state, &any, 0, &nexthop), -ENOENT);
	assert_int_equal(del(*state, "::", 0), -ENOENT);
	assert_int_equal(del(*state, "2001:db8::", 32), -ENOENT);
}

static void test_bad_arguments(void **state)
{
	struct dp_ip6 one = ip6("::1");
	uint32_t nexthop;

	assert_int_equal(add(*state, "::", 129, 1), -EINVAL);
	assert_int_equal(add(*state, "2001:db8::1", 64, 1), -EINVAL);
	assert_int_equal(add(*state, "8000::", 0, 1), -EINVAL);
	assert_int_equal(add(*state, "::", 8, DP_NH_MAX), -EINVAL);
	assert_int_equal(del(*state, "::", 129), -EINVAL);
	assert_int_equal(dp_fib6_get(*state, &one, 127, &nexthop), -EINVAL);
	assert_int_equal(dp_fib6_routes(*state), 0);
}

/* Nested routes of every depth over one address: each removal uncovers the next shorter one. */
static void every_depth(struct dp_fib6 *fib, bool longest_first)
{
	prefix_key key = (prefix_key)0x20010db8a5a55a5a << 64 | 0x0123456789abcdefULL;
	struct dp_ip6 addr = reference6_addr(key), other = reference6_addr(key ^ 1), prefix;
	uint32_t old = 0;

	for (unsigned i = 0; i <= 128; i++) {
		unsigned depth = longest_first ? 128 - i : i;

		prefix = reference6_addr(key & prefix_key_mask(depth));
		assert_int_equal(dp_fib6_add(fib, &prefix, (uint8_t)depth, 100 + depth, NULL), 0);
		assert_int_equal(dp_fib6_lookup(fib, &addr), longest_first ? 228 : 100 + depth);
	}
	assert_int_equal(dp_fib6_lookup(fib, &other), 227);
	other.bytes[0] ^= 0x80;
	assert_int_equal(dp_fib6_lookup(fib, &other), 100);
	assert_int_equal(dp_fib6_routes(fib), 129);
	for (unsigned depth = 128; depth > 0; depth--) {
		prefix = reference6_addr(key & prefix_key_mask(depth));
		assert_int_equal(dp_fib6_del(fib, &prefix, (uint8_t)depth, &old), 0);
		assert_int_equal(old, 100 + depth);
		assert_int_equal(dp_fib6_lookup(fib, &addr), 100 + depth - 1);
	}
	assert_int_equal(del(fib, "::", 0), 0);
	assert_int_equal(dp_fib6_lookup(fib, &addr), DP_NH_NONE);
}

static void test_every_depth(void **state)
{
	every_depth(*state, false);
	every_depth(*state, true);
}

/* A path that is parted, ended and closed again by routes between its ends. */
static void test_paths(void **state)
{
	assert_int_equal(add(*state, "2001:db8:1:2::3", 128, 1), 0);
	assert_int_equal(lookup(*state, "2001:db8:1:2::3"), 1);
	assert_int_equal(lookup(*state, "2001:db8:1:2::2"), DP_NH_NONE);
	assert_int_equal(add(*state, "2001:db8:1:3::3", 128, 2), 0);
	assert_int_equal(lookup(*state, "2001:db8:1:2::3"), 1);
	assert_int_equal(lookup(*state, "2001:db8:1:3::3"), 2);
	assert_int_equal(add(*state, "2001:db8:1::", 48, 3), 0);
	assert_int_equal(lookup(*state, "2001:db8:1:2::2"), 3);
	assert_int_equal(lookup(*state, "2001:db8:1:2::3"), 1);
	assert_int_equal(add(*state, "2001:db8::", 45, 4), 0);
	assert_int_equal(lookup(*state, "2001:db8:2::"), 4);
	assert_int_equal(lookup(*state, "2001:db8:1:5::"), 3);
	assert_int_equal(lookup(*state, "2001:db8:8::"), DP_NH_NONE);
	assert_int_equal(del(*state, "2001:db8:1::", 48), 0);
	assert_int_equal(lookup(*state, "2001:db8:1:2::2"), 4);
	assert_int_equal(del(*state, "2001:db8:1:3::3", 128), 0);
	assert_int_equal(lookup(*state, "2001:db8:1:3::3"), 4);
	assert_int_equal(del(*state, "2001:db8::", 45), 0);
	assert_int_equal(lookup(*state, "2001:db8:1:2::3"), 1);
	assert_int_equal(lookup(*state, "2001:db8:1:2::2"), DP_NH_NONE);
	assert_int_equal(del(*state, "2001:db8:1:2::3", 128), 0);
	assert_int_equal(lookup(*state, "2001:db8:1:2::3"), DP_NH_NONE);
}

/* A route without nexthop is a hole in the default route, not a way to it. */
static void test_hole(void **state)
{
	assert_int_equal(add(*state, "::", 0, 5), 0);
	assert_int_equal(add(*state, "2001:db8::", 32, DP_NH_NONE), 0);
	assert_int_equal(lookup(*state, "2001:db8::1"), DP_NH_NONE);
	assert_int_equal(lookup(*state, "2001:db9::1"), 5);
}

static void check_address(const struct dp_fib6 *fib, const struct reference6 *reference,
			  prefix_key key)
{
	struct dp_ip6 addr = reference6_addr(key);
	uint32_t expected = reference6_lookup(reference, key), found = dp_fib6_lookup(fib, &addr);
	char text[INET6_ADDRSTRLEN];

	if (found != expected)
		fail_msg("%s: nexthop %u, expected %u",
			 inet_ntop(AF_INET6, addr.bytes, text, sizeof(text)), found, expected);
}

static void check_route(const struct dp_fib6 *fib, struct reference6 *reference,
			const struct reference6_route *route)
{
	prefix_key last = route->prefix | ~prefix_key_mask(route->depth);

	check_address(fib, reference, route->prefix);
	check_address(fib, reference, route->prefix - 1);
	check_address(fib, reference, last);
	check_address(fib, reference, last + 1);
	check_address(fib, reference,
		      route->prefix | (reference6_key(reference) & (last ^ route->prefix)));
	check_address(fib, reference, reference6_route_random(reference).prefix);
}

static void apply(struct dp_fib6 *fib, struct reference6 *reference,
		  const struct reference6_route *route, bool adds)
{
	struct dp_ip6 prefix = reference6_addr(route->prefix);
	uint32_t expected_old = UINT32_MAX, old = UINT32_MAX;
	int expected, found;

	if (adds) {
		expected = reference6_add(reference, route, &expected_old);
		found = dp_fib6_add(fib, &prefix, route->depth, route->nexthop, &old);
	} else {
		expected = reference6_del(reference, route, &expected_old);
		found = dp_fib6_del(fib, &prefix, route->depth, &old);
	}
	assert_int_equal(found, expected);
	assert_int_equal(old, expected_old);
}

struct walked {
	const struct reference6 *reference;
	uint64_t count;
	struct dp_ip6 prefix;
	uint8_t depth;
};

static prefix_key key_of(const struct dp_ip6 *addr)
{
	prefix_key key = 0;

	for (unsigned i = 0; i < sizeof(addr->bytes); i++)
		key = key << 8 | addr->bytes[i];
	return key;
}

static int check_walk(const struct dp_ip6 *prefix, uint8_t depth, uint32_t nexthop, void *arg)
{
	struct walked *walked = arg;
	int order = memcmp(prefix, &walked->prefix, sizeof(*prefix));
	int at = reference6_find(walked->reference, key_of(prefix), depth);

	assert_true(walked->count == 0 || order > 0 || (order == 0 && depth > walked->depth));
	assert_true(at >= 0);
	assert_int_equal(walked->reference->routes[at].nexthop, nexthop);
	walked->prefix = *prefix;
	walked->depth = depth;
	walked->count++;
	return 0;
}

static void check_all_routes(const struct dp_fib6 *fib, const struct reference6 *reference)
{
	struct walked walked = { .reference = reference };

	assert_int_equal(dp_fib6_walk(fib, check_walk, &walked), 0);
	assert_int_equal(walked.count, reference->n);
	assert_int_equal(dp_fib6_routes(fib), reference->n);
}

static void run_differential(struct dp_fib6 *fib, uint64_t seed, unsigned n_ops, unsigned target)
{
	struct reference6 *reference = reference6_create(seed);

	assert_non_null(reference);
	for (unsigned op = 0; op < n_ops; op++) {
		struct reference6_route route = reference6_route_random(reference);
		bool adds = reference6_random(reference) % (2 * target) >= reference->n;

		if (!adds && reference->n != 0 && reference6_random(reference) % 8 != 0)
			route = reference->routes[reference6_random(reference) % reference->n];
		apply(fib, reference, &route, adds);
		check_route(fib, reference, &route);
		if (op % 4096 == 0)
			check_all_routes(fib, reference);
	}
	while (reference->n != 0) {
		struct reference6_route route = reference->routes[reference->n / 2];

		apply(fib, reference, &route, false);
		check_route(fib, reference, &route);
	}
	check_all_routes(fib, reference);
	free(reference);
}

/* Nothing but the root's pages stays behind. */
static void check_nothing_left(const struct dp_fib6 *fib)
{
	struct dp_fib6 *empty = dp_fib6_create();
	uint64_t root_bytes = (uint64_t)__builtin_popcountll(fib->root_pages) * 4096;

	assert_non_null(empty);
	assert_int_equal(dp_fib6_memory_bytes(fib), dp_fib6_memory_bytes(empty) + root_bytes);
	dp_fib6_destroy(empty);
}

static void test_differential_few(void **state)
{
	run_differential(*state, 1, 150000, 20);
	check_nothing_left(*state);
}

static void test_differential_many(void **state)
{
	run_differential(*state, 2, 60000, 400);
	check_nothing_left(*state);
}

static void test_burst_equals_single(void **state)
{
	struct reference6 *reference = reference6_create(3);
	struct dp_ip6 addr[DP_FIB6_BURST_MAX];
	uint32_t nexthop[DP_FIB6_BURST_MAX];

	assert_non_null(reference);
	for (unsigned i = 0; i < 2000; i++) {
		struct reference6_route route = reference6_route_random(reference);

		apply(*state, reference, &route, true);
	}
	for (unsigned n = 0; n <= DP_FIB6_BURST_MAX; n++) {
		prefix_key key[DP_FIB6_BURST_MAX];

		for (unsigned i = 0; i < n; i++) {
			key[i] = reference6_route_random(reference).prefix ^ (i & 1);
			addr[i] = reference6_addr(key[i]);
		}
		memset(nexthop, 0xff, sizeof(nexthop));
		dp_fib6_lookup_burst(*state, addr, nexthop, n);
		for (unsigned i = 0; i < n; i++)
			assert_int_equal(nexthop[i], reference6_lookup(reference, key[i]));
		assert_true(n == DP_FIB6_BURST_MAX || nexthop[n] == UINT32_MAX);
	}
	free(reference);
}

/* The first and the last address of each 64th of all. */
static void check_parts(const struct dp_fib6 *fib, const struct reference6 *reference)
{
	struct dp_ip6 addr[DP_FIB6_BURST_MAX];
	uint32_t nexthop[DP_FIB6_BURST_MAX], longer[DP_FIB6_BURST_MAX];

	for (unsigned i = 0; i < DP_FIB6_BURST_MAX; i++) {
		memset(&addr[i], i & 1 ? 0xff : 0, sizeof(addr[i]));
		addr[i].bytes[0] = (uint8_t)(i << 2 | (i & 1 ? 3 : 0));
	}
	dp_fib6_lookup_burst(fib, addr, nexthop, DP_FIB6_BURST_MAX);
	dp_fib6_lookup_longer_burst(fib, addr, longer, DP_FIB6_BURST_MAX);
	for (unsigned i = 0; i < DP_FIB6_BURST_MAX; i++) {
		prefix_key key = (prefix_key)addr[i].bytes[0] << 120;
		bool found = false;

		for (unsigned depth = 8; depth > 0; depth--)
			found |= reference6_find(reference, key & prefix_key_mask(depth),
						 (uint8_t)depth) >= 0;
		assert_int_equal(nexthop[i], reference6_lookup(reference, key));
		assert_int_equal(longer[i], found ? nexthop[i] : DP_NH_NONE);
	}
}

/* Routes of 0 to 7 bits come and go over each other, some of them holes. */
static void test_wide_routes(void **state)
{
	struct reference6 *reference = reference6_create(5);

	assert_non_null(reference);
	for (unsigned op = 0; op < 20000; op++) {
		uint32_t random = reference6_random(reference);
		struct reference6_route route = { .depth = (uint8_t)(random & 7),
						  .nexthop = random >> 8 & 3 };

		route.prefix = reference6_key(reference) & prefix_key_mask(route.depth);
		apply(*state, reference, &route, random >> 16 & 1);
		check_parts(*state, reference);
	}
	free(reference);
}

static int stop_at_two(const struct dp_ip6 *prefix, uint8_t depth, uint32_t nexthop, void *arg)
{
	unsigned *seen = arg;

	(void)prefix;
	(void)depth;
	(void)nexthop;
	return ++*seen == 2 ? -EINTR : 0;
}

static void test_walk_stops(void **state)
{
	unsigned seen = 0;

	assert_int_equal(add(*state, "2001:db8:1::", 48, 1), 0);
	assert_int_equal(add(*state, "2001:db8:2::", 48, 1), 0);
	assert_int_equal(add(*state, "2001:db8:3::", 48, 1), 0);
	assert_int_equal(dp_fib6_walk(*state, stop_at_two, &seen), -EINTR);
	assert_int_equal(seen, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_empty, make_fib, free_fib),
		cmocka_unit_test_setup_teardown(test_bad_arguments, make_fib, free_fib),
		cmocka_unit_test_setup_teardown(test_every_depth, make_fib, free_fib),
		cmocka_unit_test_setup_teardown(test_paths, make_fib, free_fib),
		cmocka_unit_test_setup_teardown(test_hole, make_fib, free_fib),
		cmocka_unit_test_setup_teardown(test_differential_few, make_fib, free_fib),
		cmocka_unit_test_setup_teardown(test_differential_many, make_fib, free_fib),
		cmocka_unit_test_setup_teardown(test_wide_routes, make_fib, free_fib),
		cmocka_unit_test_setup_teardown(test_burst_equals_single, make_fib, free_fib),
		cmocka_unit_test_setup_teardown(test_walk_stops, make_fib, free_fib),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
