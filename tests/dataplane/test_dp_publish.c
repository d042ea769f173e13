#include "dataplane/dp_publish.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#define READERS 4

static unsigned calls;
static uint64_t items[8];

static void count_call(void *arg)
{
	unsigned *counter = arg;

	++*counter;
}

static void note_item(void *owner, uint64_t item)
{
	uint64_t *list = owner;

	list[calls++] = item;
}

static int start(void **state)
{
	(void)state;
	calls = 0;
	return dp_publish_init(READERS);
}

static int stop(void **state)
{
	(void)state;
	dp_publish_fini();
	return 0;
}

static void test_no_domain_runs_at_once(void **state)
{
	(void)state;
	calls = 0;
	dp_publish_defer(count_call, &calls);
	assert_int_equal(calls, 1);
	dp_publish_reclaim();
	dp_publish_synchronize();
	assert_int_equal(dp_publish_register(0), -EINVAL);
}

static void test_bad_arguments(void **state)
{
	(void)state;
	assert_int_equal(dp_publish_init(1), -EALREADY);
	assert_int_equal(dp_publish_register(READERS), -EINVAL);
	assert_int_equal(dp_publish_unregister(READERS), -EINVAL);
	assert_int_equal(dp_publish_unregister(0), -ENOENT);
	assert_int_equal(dp_publish_register(0), 0);
	assert_int_equal(dp_publish_register(0), -EEXIST);
	assert_int_equal(dp_publish_unregister(0), 0);
}

static void test_bad_sizes(void **state)
{
	(void)state;
	assert_int_equal(dp_publish_init(0), -EINVAL);
	assert_int_equal(dp_publish_init(DP_PUBLISH_READERS_MAX + 1), -EINVAL);
}

static void test_no_reader_runs_at_once(void **state)
{
	(void)state;
	dp_publish_defer(count_call, &calls);
	assert_int_equal(calls, 1);
	assert_int_equal(dp_publish_pending(), 0);
}

/* This thread plays the readers, too: the calls are the same, only their order matters. */
static void test_waits_for_every_reader(void **state)
{
	(void)state;
	assert_int_equal(dp_publish_register(0), 0);
	assert_int_equal(dp_publish_register(3), 0);
	dp_publish_online(0);
	dp_publish_online(3);
	dp_publish_defer(count_call, &calls);
	assert_int_equal(calls, 0);
	dp_publish_reclaim();
	assert_int_equal(calls, 0);
	dp_publish_quiescent(0);
	dp_publish_reclaim();
	assert_int_equal(calls, 0);
	assert_int_equal(dp_publish_pending(), 1);
	dp_publish_quiescent(3);
	dp_publish_reclaim();
	assert_int_equal(calls, 1);
	assert_int_equal(dp_publish_pending(), 0);
	dp_publish_offline(0);
	dp_publish_offline(3);
	assert_int_equal(dp_publish_unregister(0), 0);
	assert_int_equal(dp_publish_unregister(3), 0);
}

static void test_does_not_wait_for_offline_readers(void **state)
{
	(void)state;
	assert_int_equal(dp_publish_register(1), 0);
	dp_publish_defer(count_call, &calls);
	dp_publish_reclaim();
	assert_int_equal(calls, 1);
	dp_publish_online(1);
	dp_publish_defer(count_call, &calls);
	dp_publish_offline(1);
	dp_publish_reclaim();
	assert_int_equal(calls, 2);
	assert_int_equal(dp_publish_unregister(1), 0);
}

/* A quiescent state before the object was unpublished says nothing about it. */
static void test_old_quiescence_does_not_count(void **state)
{
	(void)state;
	assert_int_equal(dp_publish_register(0), 0);
	dp_publish_online(0);
	dp_publish_quiescent(0);
	dp_publish_defer(count_call, &calls);
	dp_publish_reclaim();
	assert_int_equal(calls, 0);
	dp_publish_offline(0);
	dp_publish_synchronize();
	assert_int_equal(calls, 1);
	assert_int_equal(dp_publish_unregister(0), 0);
}

static void test_order_and_items(void **state)
{
	(void)state;
	assert_int_equal(dp_publish_register(0), 0);
	dp_publish_online(0);
	for (uint64_t i = 0; i < 5; i++)
		dp_publish_defer_item(note_item, items, 1000 + i);
	dp_publish_quiescent(0);
	dp_publish_reclaim();
	assert_int_equal(calls, 5);
	for (uint64_t i = 0; i < 5; i++)
		assert_int_equal(items[i], 1000 + i);
	dp_publish_offline(0);
	assert_int_equal(dp_publish_unregister(0), 0);
}

static void defer_again(void *arg)
{
	dp_publish_defer(count_call, arg);
}

/* What a deferred call defers waits for a grace period of its own. */
static void test_deferred_call_defers(void **state)
{
	(void)state;
	assert_int_equal(dp_publish_register(0), 0);
	dp_publish_online(0);
	dp_publish_defer(defer_again, &calls);
	dp_publish_quiescent(0);
	dp_publish_reclaim();
	assert_int_equal(calls, 0);
	assert_int_equal(dp_publish_pending(), 1);
	dp_publish_quiescent(0);
	dp_publish_reclaim();
	assert_int_equal(calls, 1);
	dp_publish_offline(0);
	assert_int_equal(dp_publish_unregister(0), 0);
}

struct reader {
	bool stop;
	bool ready;
};

static void *read_until_stopped(void *arg)
{
	struct reader *reader = arg;

	dp_publish_online(2);
	__atomic_store_n(&reader->ready, true, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&reader->stop, __ATOMIC_RELAXED))
		dp_publish_quiescent(2);
	dp_publish_offline(2);
	return NULL;
}

/* More calls than the queue holds: it waits for the reader instead of failing or growing. */
static void test_full_queue(void **state)
{
	struct reader reader = { .stop = false };
	pthread_t thread;

	(void)state;
	assert_int_equal(dp_publish_register(2), 0);
	assert_int_equal(pthread_create(&thread, NULL, read_until_stopped, &reader), 0);
	while (!__atomic_load_n(&reader.ready, __ATOMIC_ACQUIRE))
		;
	for (unsigned i = 0; i < 3 * DP_PUBLISH_PENDING_MAX; i++) {
		dp_publish_defer(count_call, &calls);
		assert_in_range(dp_publish_pending(), 0, DP_PUBLISH_PENDING_MAX);
	}
	dp_publish_synchronize();
	assert_int_equal(calls, 3 * DP_PUBLISH_PENDING_MAX);
	__atomic_store_n(&reader.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(dp_publish_unregister(2), 0);
}

static void test_wait_without_domain(void **state)
{
	(void)state;
	dp_publish_wait();
	assert_null(dp_publish_qsbr);
}

static void *wait_for_readers(void *arg)
{
	bool *done = arg;

	dp_publish_wait();
	__atomic_store_n(done, true, __ATOMIC_RELEASE);
	return NULL;
}

/* Another thread waits for the reader, and deferred calls stay with their own. */
static void test_wait_of_another_thread(void **state)
{
	bool done = false;
	pthread_t thread;

	(void)state;
	assert_int_equal(dp_publish_register(0), 0);
	dp_publish_online(0);
	dp_publish_defer(count_call, &calls);
	assert_int_equal(pthread_create(&thread, NULL, wait_for_readers, &done), 0);
	usleep(20000); /* long enough for a wait that does not wait; too short never fails */
	assert_false(__atomic_load_n(&done, __ATOMIC_ACQUIRE));
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE))
		dp_publish_quiescent(0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(calls, 0);
	dp_publish_offline(0);
	dp_publish_reclaim();
	assert_int_equal(calls, 1);
	assert_int_equal(dp_publish_unregister(0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_domain_runs_at_once),
		cmocka_unit_test(test_bad_sizes),
		cmocka_unit_test_setup_teardown(test_bad_arguments, start, stop),
		cmocka_unit_test_setup_teardown(test_no_reader_runs_at_once, start, stop),
		cmocka_unit_test_setup_teardown(test_waits_for_every_reader, start, stop),
		cmocka_unit_test_setup_teardown(test_does_not_wait_for_offline_readers, start,
						stop),
		cmocka_unit_test_setup_teardown(test_old_quiescence_does_not_count, start, stop),
		cmocka_unit_test_setup_teardown(test_order_and_items, start, stop),
		cmocka_unit_test_setup_teardown(test_deferred_call_defers, start, stop),
		cmocka_unit_test_setup_teardown(test_full_queue, start, stop),
		cmocka_unit_test_setup_teardown(test_wait_of_another_thread, start, stop),
		cmocka_unit_test(test_wait_without_domain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
