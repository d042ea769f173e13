/*
 * A reader looks addresses up while control adds, changes and removes the routes that cover them.
 * The nexthop of a route says which route it is, so that the reader can tell a legal answer from
 * one that belongs to another prefix, to a freed chunk or to no moment at all.
 */

#include "dataplane/dp_fib.h"
#include "dataplane/dp_publish.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#define N_ADDRS 32U
#define N_DEPTHS 9U
#define READER 0
#define WRITER_OPS 400000U
#define LOOKUPS_MIN 20000U

/* Longest first. Every address has its own route of each depth; /8 and shorter are shared. */
static const uint8_t depths[N_DEPTHS] = { 32, 30, 27, 24, 20, 16, 8, 2, 0 };

struct shared {
	struct dp_fib *fib;
	uint32_t addr[N_ADDRS];
	bool stop;
	uint64_t lookups; /* bursts; writer: reader thread */
	uint64_t illegal; /* answers that no route of the address gives; writer: reader thread */
};

static uint32_t mask_of(unsigned depth)
{
	return depth == 0 ? 0 : UINT32_MAX << (32 - depth);
}

/* Nexthop of a route: which address it is for, which depth, and one of two variants. */
static uint32_t name_of(unsigned addr, unsigned depth, unsigned variant)
{
	return 1 + ((depths[depth] <= 8 ? N_ADDRS : addr) * N_DEPTHS + depth) * 2 + variant;
}

static bool is_legal(unsigned addr, uint32_t nexthop)
{
	unsigned route = (nexthop - 1) / 2, depth = route % N_DEPTHS;

	/* The default route is never removed, so that there always is an answer. */
	return nexthop != DP_NH_NONE && route / N_DEPTHS == (depths[depth] <= 8 ? N_ADDRS : addr);
}

static void *read_until_stopped(void *arg)
{
	struct shared *shared = arg;
	uint32_t nexthop[N_ADDRS];

	dp_publish_online(READER);
	while (!__atomic_load_n(&shared->stop, __ATOMIC_RELAXED)) {
		uint64_t illegal = 0;

		dp_fib_lookup_burst(shared->fib, shared->addr, nexthop, N_ADDRS);
		for (unsigned i = 0; i < N_ADDRS; i++)
			illegal += !is_legal(i, nexthop[i]);
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
	uint32_t prefix = shared->addr[addr] & mask_of(depths[depth]);
	uint32_t name = name_of(addr, depth, random >> 20 & 1);

	if (depths[depth] == 0 || random >> 21 & 1)
		assert_true(dp_fib_add(shared->fib, prefix, depths[depth], name, NULL) >= 0);
	else
		(void)dp_fib_del(shared->fib, prefix, depths[depth], NULL);
}

/* All under 10/8, in different /16s, so that no route but /8 and shorter covers two. */
static void choose_addresses(struct shared *shared)
{
	for (unsigned i = 0; i < N_ADDRS; i++)
		shared->addr[i] = 10U << 24 | i << 16 | (i * 37 % 256) << 8 | i * 101 % 256;
}

static void start_reader(struct shared *shared, pthread_t *thread)
{
	assert_int_equal(dp_publish_init(1), 0);
	assert_int_equal(dp_publish_register(READER), 0);
	shared->fib = dp_fib_create();
	assert_non_null(shared->fib);
	choose_addresses(shared);
	assert_int_equal(dp_fib_add(shared->fib, 0, 0, name_of(0, N_DEPTHS - 1, 0), NULL), 0);
	assert_int_equal(pthread_create(thread, NULL, read_until_stopped, shared), 0);
}

static void stop_reader(struct shared *shared, pthread_t thread)
{
	__atomic_store_n(&shared->stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(dp_publish_unregister(READER), 0);
	dp_fib_destroy(shared->fib);
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

/* A wide route that is in force only while a longer route hides it must never be seen. */
static void hidden_stays_hidden(unsigned depth)
{
	const uint32_t hidden = 1U << 19; /* no name_of(), so not legal */
	const uint32_t shown = name_of(0, depth, 0);
	struct shared shared = { .stop = false };
	pthread_t thread;

	start_reader(&shared, &thread);
	(void)dp_fib_add(shared.fib, 0, depths[depth], shown, NULL);
	for (unsigned ops = 0; !is_enough(&shared, ops); ops++) {
		assert_int_equal(dp_fib_add(shared.fib, 10U << 24, 8, name_of(0, 6, 0), NULL), 0);
		assert_int_equal(dp_fib_add(shared.fib, 0, depths[depth], hidden, NULL), 1);
		assert_int_equal(dp_fib_add(shared.fib, 0, depths[depth], shown, NULL), 1);
		assert_int_equal(dp_fib_del(shared.fib, 10U << 24, 8, NULL), 0);
	}
	stop_reader(&shared, thread);
	assert_int_equal(shared.illegal, 0);
}

static void test_hidden_default_stays_hidden(void **state)
{
	(void)state;
	hidden_stays_hidden(N_DEPTHS - 1);
}

static void test_hidden_quarter_stays_hidden(void **state)
{
	(void)state;
	hidden_stays_hidden(N_DEPTHS - 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reader_sees_only_legal_answers),
		cmocka_unit_test(test_hidden_default_stays_hidden),
		cmocka_unit_test(test_hidden_quarter_stays_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
