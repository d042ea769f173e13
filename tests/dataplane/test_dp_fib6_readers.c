/*
 * A reader looks addresses up while control adds, changes and removes the routes that cover them.
 * The nexthop of a route says which route it is, so that the reader can tell a legal answer from
 * one that belongs to another prefix, to a freed node or to no moment at all.
 *
 * The addresses share prefixes of different lengths, so that each change parts or joins the paths
 * of others.
 */

#include "dataplane/dp_fib6.h"
#include "dataplane/dp_publish.h"
#include "tests/dataplane/fib6_reference.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#define N_ADDRS 32U
#define READER 0
#define WRITER_OPS 400000U
#define LOOKUPS_MIN 20000U
#define N_DEPTHS 13U

/* A route of one of these over every address; addresses that share it share the route. */
static const uint8_t depths[N_DEPTHS] = { 128, 127, 120, 100, 64, 56, 49, 48, 44, 32, 16, 4, 0 };

struct shared {
	struct dp_fib6 *fib;
	prefix_key key[N_ADDRS];
	struct dp_ip6 addr[N_ADDRS];
	bool stop;
	uint64_t lookups; /* bursts; writer: reader thread */
	uint64_t illegal; /* answers that no route of the address gives; writer: reader thread */
};

/* The lowest address with the same prefix: the route is named after it. */
static unsigned owner_of(const struct shared *shared, unsigned addr, unsigned depth)
{
	for (unsigned i = 0; i < addr; i++) {
		if (((shared->key[i] ^ shared->key[addr]) & prefix_key_mask(depths[depth])) == 0)
			return i;
	}
	return addr;
}

/* Nexthop of a route: whose it is, which depth, and one of two variants. */
static uint32_t name_of(const struct shared *shared, unsigned addr, unsigned depth,
			unsigned variant)
{
	return 1 + (owner_of(shared, addr, depth) * N_DEPTHS + depth) * 2 + variant;
}

static bool is_legal(const struct shared *shared, unsigned addr, uint32_t nexthop)
{
	unsigned route = (nexthop - 1) / 2, depth = route % N_DEPTHS;

	/* The default route is never removed, so that there always is an answer. */
	return nexthop != DP_NH_NONE && route / N_DEPTHS == owner_of(shared, addr, depth);
}

static void *read_until_stopped(void *arg)
{
	struct shared *shared = arg;
	uint32_t nexthop[N_ADDRS];

	dp_publish_online(READER);
	while (!__atomic_load_n(&shared->stop, __ATOMIC_RELAXED)) {
		uint64_t illegal = 0;

		dp_fib6_lookup_burst(shared->fib, shared->addr, nexthop, N_ADDRS);
		for (unsigned i = 0; i < N_ADDRS; i++)
			illegal += !is_legal(shared, i, nexthop[i]);
		__atomic_store_n(&shared->illegal, shared->illegal + illegal, __ATOMIC_RELAXED);
		__atomic_store_n(&shared->lookups, shared->lookups + 1, __ATOMIC_RELEASE);
		if (shared->lookups % 16 == 0)
			dp_publish_quiescent(READER);
	}
	dp_publish_offline(READER);
	return NULL;
}

static void change_something(struct shared *shared, unsigned random)
{
	unsigned addr = random % N_ADDRS, depth = random / N_ADDRS % N_DEPTHS;
	struct dp_ip6 prefix = reference6_addr(shared->key[addr] & prefix_key_mask(depths[depth]));
	uint32_t name = name_of(shared, addr, depth, random >> 20 & 1);

	if (depths[depth] == 0 || random >> 21 & 1)
		assert_true(dp_fib6_add(shared->fib, &prefix, depths[depth], name, NULL) >= 0);
	else
		(void)dp_fib6_del(shared->fib, &prefix, depths[depth], NULL);
}

/* Address i differs from the others in one of the bits 20 to 127, and in a few of the first. */
static void choose_addresses(struct shared *shared)
{
	prefix_key base = (prefix_key)0x20010db811112222 << 64 | 0x3333444455556666;

	for (unsigned i = 0; i < N_ADDRS; i++) {
		shared->key[i] = base ^ (prefix_key)1 << (i * 107 / 31) ^ (prefix_key)(i % 3) << 80;
		shared->addr[i] = reference6_addr(shared->key[i]);
	}
}

static void start_reader(struct shared *shared, pthread_t *thread)
{
	struct dp_ip6 any = { { 0 } };

	assert_int_equal(dp_publish_init(1), 0);
	assert_int_equal(dp_publish_register(READER), 0);
	shared->fib = dp_fib6_create();
	assert_non_null(shared->fib);
	choose_addresses(shared);
	assert_int_equal(
		dp_fib6_add(shared->fib, &any, 0, name_of(shared, 0, N_DEPTHS - 1, 0), NULL), 0);
	assert_int_equal(pthread_create(thread, NULL, read_until_stopped, shared), 0);
}

static void stop_reader(struct shared *shared, pthread_t thread)
{
	__atomic_store_n(&shared->stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(dp_publish_unregister(READER), 0);
	dp_fib6_destroy(shared->fib);
	dp_publish_fini();
}

/* On one core the reader runs when the system lets it: the writer goes on until it has. */
static bool is_enough(const struct shared *shared, unsigned ops)
{
	return ops >= WRITER_OPS &&
	       __atomic_load_n(&shared->lookups, __ATOMIC_ACQUIRE) >= LOOKUPS_MIN;
}

static void test_reader_sees_only_legal_answers(void **state)
{
	struct shared shared = { .stop = false };
	unsigned random = 7, ops = 0;
	pthread_t thread;

	(void)state;
	start_reader(&shared, &thread);
	while (!is_enough(&shared, ops)) {
		random = random * 1664525U + 1013904223U;
		change_something(&shared, random >> 8);
		if (++ops % 64 == 0)
			dp_publish_reclaim();
	}
	stop_reader(&shared, thread);
	assert_int_equal(shared.illegal, 0);
}

/*
 * A shorter route that is in force only while a longer one hides it must never be seen, though
 * both are in different objects of the table.
 */
static void test_hidden_routes_stay_hidden(void **state)
{
	static const uint8_t hidden_depths[] = { 0, 4, 16, 32 };
	const uint32_t hidden = 1U << 19; /* no name_of(), so not legal */
	struct shared shared = { .stop = false };
	pthread_t thread;

	(void)state;
	start_reader(&shared, &thread);
	for (unsigned ops = 0; !is_enough(&shared, ops); ops++) {
		uint8_t depth = hidden_depths[ops % 4];
		struct dp_ip6 cover = reference6_addr(shared.key[0] & prefix_key_mask(depth));

		for (unsigned i = 0; i < N_ADDRS; i++) {
			struct dp_ip6 own = reference6_addr(shared.key[i] & prefix_key_mask(44));

			assert_true(dp_fib6_add(shared.fib, &own, 44, name_of(&shared, i, 8, 0),
						NULL) >= 0);
		}
		assert_true(dp_fib6_add(shared.fib, &cover, depth, hidden, NULL) >= 0);
		if (depth == 0)
			assert_true(dp_fib6_add(shared.fib, &cover, 0,
						name_of(&shared, 0, N_DEPTHS - 1, 0), NULL) == 1);
		else
			assert_int_equal(dp_fib6_del(shared.fib, &cover, depth, NULL), 0);
		for (unsigned i = 0; i < N_ADDRS; i++) {
			struct dp_ip6 own = reference6_addr(shared.key[i] & prefix_key_mask(44));

			(void)dp_fib6_del(shared.fib, &own, 44, NULL);
		}
		ops += 2 * N_ADDRS;
	}
	stop_reader(&shared, thread);
	assert_int_equal(shared.illegal, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reader_sees_only_legal_answers),
		cmocka_unit_test(test_hidden_routes_stay_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
