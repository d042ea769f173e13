/* The order of a synchronisation, with answers made by hand to requests that nobody reads. */

#include "control/mirror/ctl_sync.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/rtnetlink.h>

static struct ctl_nl *nl;
static struct ctl_sync sync_state;

static int setup(void **state)
{
	static const int groups[] = { 0 };
	const struct ctl_nl_params params = { .groups = groups, .rcvbuf_bytes = 65536 };
	struct dp_why why = { "" };

	(void)state;
	if (ctl_nl_open(&params, &nl, &why) < 0)
		fail_msg("%s", why.text);
	memset(&sync_state, 0, sizeof(sync_state));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ctl_nl_close(nl);
	return 0;
}

static enum ctl_sync_event answer(uint16_t type, uint16_t flags, int error)
{
	struct {
		struct nlmsghdr head;
		int error;
	} msg = { .head = { .nlmsg_len = sizeof(msg),
			    .nlmsg_type = type,
			    .nlmsg_flags = (uint16_t)(NLM_F_MULTI | flags),
			    .nlmsg_seq = sync_state.seq },
		  .error = error };

	return ctl_sync_message(&sync_state, nl, &msg.head, sizeof(msg));
}

static enum ctl_sync_event done(void)
{
	return answer(NLMSG_DONE, 0, 0);
}

static void notify_of(uint16_t type, uint8_t family)
{
	struct {
		struct nlmsghdr head;
		struct rtmsg family;
	} msg = { .head = { .nlmsg_len = sizeof(msg),
			    .nlmsg_type = type,
			    .nlmsg_seq = sync_state.seq + 1000 },
		  .family = { .rtm_family = family } };

	assert_int_equal(ctl_sync_message(&sync_state, nl, &msg.head, sizeof(msg)), CTL_SYNC_NONE);
}

static void notify(uint16_t type)
{
	notify_of(type, AF_INET);
}

/* Ends the tables before this one. */
static void advance_to(enum ctl_nl_table table)
{
	assert_int_equal(ctl_sync_begin(&sync_state, nl), CTL_SYNC_RESTART);
	while (sync_state.table < table)
		assert_int_equal(done(), CTL_SYNC_NONE);
}

static void test_tables_are_read_in_order(void **state)
{
	(void)state;
	advance_to(CTL_NL_ROUTES6);
	assert_int_equal(done(), CTL_SYNC_COMPLETE);
	assert_false(sync_state.running);
	assert_false(sync_state.raced);
	assert_int_equal(sync_state.interrupts, 0);
}

static void test_interrupted_table_is_read_again(void **state)
{
	(void)state;
	advance_to(CTL_NL_NEIGHS);
	assert_int_equal(answer(RTM_NEWNEIGH, NLM_F_DUMP_INTR, 0), CTL_SYNC_NONE);
	assert_int_equal(done(), CTL_SYNC_NONE);
	assert_int_equal(sync_state.table, CTL_NL_NEIGHS);
	assert_int_equal(sync_state.interrupts, 1);
	assert_int_equal(answer(NLMSG_DONE, NLM_F_DUMP_INTR, 0), CTL_SYNC_NONE);
	assert_int_equal(sync_state.table, CTL_NL_NEIGHS);
	assert_int_equal(done(), CTL_SYNC_NONE);
	assert_int_equal(sync_state.table, CTL_NL_RULES);
}

static void test_loss_starts_again_when_the_dump_has_ended(void **state)
{
	(void)state;
	advance_to(CTL_NL_NEXTHOPS);
	assert_int_equal(ctl_sync_begin(&sync_state, nl), CTL_SYNC_NONE);
	assert_int_equal(sync_state.table, CTL_NL_NEXTHOPS);
	assert_int_equal(done(), CTL_SYNC_RESTART);
	assert_int_equal(sync_state.table, CTL_NL_LINKS);
	assert_true(sync_state.running);
}

static void test_refused_dump_fails_the_synchronisation(void **state)
{
	(void)state;
	advance_to(CTL_NL_ADDRS);
	assert_int_equal(answer(NLMSG_ERROR, 0, -EBUSY), CTL_SYNC_FAILED);
	assert_false(sync_state.running);
	advance_to(CTL_NL_ADDRS);
	assert_int_equal(answer(NLMSG_DONE, 0, -ENOMEM), CTL_SYNC_FAILED);
}

static void test_kernel_without_nexthop_objects_has_none(void **state)
{
	(void)state;
	advance_to(CTL_NL_NEXTHOPS);
	assert_int_equal(answer(NLMSG_ERROR, 0, -EOPNOTSUPP), CTL_SYNC_NONE);
	assert_int_equal(sync_state.table, CTL_NL_NEIGHS);
}

static void test_notification_of_the_table_that_is_read_is_a_race(void **state)
{
	(void)state;
	advance_to(CTL_NL_NEIGHS);
	notify(RTM_NEWROUTE);
	assert_false(sync_state.raced);
	notify(RTM_DELNEIGH);
	assert_true(sync_state.raced);
	for (enum ctl_nl_table table = CTL_NL_NEIGHS; table + 1 < CTL_NL_N_TABLES; table++)
		assert_int_equal(done(), CTL_SYNC_NONE);
	assert_int_equal(done(), CTL_SYNC_COMPLETE);
	assert_true(sync_state.raced);
	assert_int_equal(ctl_sync_begin(&sync_state, nl), CTL_SYNC_RESTART);
	assert_false(sync_state.raced);
}

static void test_notification_of_the_other_family_is_none(void **state)
{
	(void)state;
	advance_to(CTL_NL_ROUTES);
	notify_of(RTM_NEWROUTE, AF_INET6);
	assert_false(sync_state.raced);
	assert_int_equal(done(), CTL_SYNC_NONE);
	notify_of(RTM_NEWROUTE, AF_INET);
	assert_false(sync_state.raced);
	notify_of(RTM_DELROUTE, AF_INET6);
	assert_true(sync_state.raced);
}

static void test_kernel_without_ipv6_has_no_routes_of_it(void **state)
{
	(void)state;
	advance_to(CTL_NL_ROUTES6);
	assert_int_equal(answer(NLMSG_ERROR, 0, -EOPNOTSUPP), CTL_SYNC_COMPLETE);
}

static void test_answers_of_an_older_dump_end_nothing(void **state)
{
	(void)state;
	advance_to(CTL_NL_ADDRS);
	notify(NLMSG_DONE);
	notify(NLMSG_ERROR);
	assert_int_equal(sync_state.table, CTL_NL_ADDRS);
	assert_true(sync_state.running);
}

static void test_dump_of_which_nothing_comes_is_given_up(void **state)
{
	(void)state;
	advance_to(CTL_NL_ROUTES);
	for (unsigned s = 0; s < 9; s++)
		assert_int_equal(ctl_sync_tick(&sync_state, nl), CTL_SYNC_NONE);
	assert_int_equal(answer(RTM_NEWROUTE, 0, 0), CTL_SYNC_NONE);
	for (unsigned s = 0; s < 9; s++)
		assert_int_equal(ctl_sync_tick(&sync_state, nl), CTL_SYNC_NONE);
	assert_int_equal(ctl_sync_tick(&sync_state, nl), CTL_SYNC_FAILED);
	assert_int_equal(ctl_sync_tick(&sync_state, nl), CTL_SYNC_NONE);
}

static enum ctl_sync_event probe_answer(void)
{
	struct nlmsghdr msg = { .nlmsg_len = sizeof(msg),
				.nlmsg_type = NLMSG_ERROR,
				.nlmsg_seq = sync_state.probe_seq };

	return ctl_sync_message(&sync_state, nl, &msg, sizeof(msg));
}

/* Whatever follows the answer to a probe shows that the dump still goes on. */
static void test_dump_whose_end_was_lost_is_found_by_a_probe(void **state)
{
	(void)state;
	advance_to(CTL_NL_ROUTES);
	assert_int_equal(ctl_sync_drained(&sync_state, nl), CTL_SYNC_NONE);
	assert_int_equal(sync_state.probe_seq, 0);
	ctl_sync_overrun(&sync_state);
	assert_int_equal(ctl_sync_drained(&sync_state, nl), CTL_SYNC_NONE);
	assert_int_not_equal(sync_state.probe_seq, 0);
	assert_int_equal(probe_answer(), CTL_SYNC_NONE);
	assert_int_equal(answer(RTM_NEWROUTE, 0, 0), CTL_SYNC_NONE);
	assert_int_equal(ctl_sync_drained(&sync_state, nl), CTL_SYNC_NONE);
	ctl_sync_overrun(&sync_state);
	assert_int_equal(ctl_sync_drained(&sync_state, nl), CTL_SYNC_NONE);
	assert_int_equal(probe_answer(), CTL_SYNC_NONE);
	assert_int_equal(ctl_sync_drained(&sync_state, nl), CTL_SYNC_FAILED);
	assert_false(sync_state.running);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_tables_are_read_in_order),
		TEST(test_interrupted_table_is_read_again),
		TEST(test_loss_starts_again_when_the_dump_has_ended),
		TEST(test_refused_dump_fails_the_synchronisation),
		TEST(test_kernel_without_nexthop_objects_has_none),
		TEST(test_notification_of_the_table_that_is_read_is_a_race),
		TEST(test_notification_of_the_other_family_is_none),
		TEST(test_kernel_without_ipv6_has_no_routes_of_it),
		TEST(test_answers_of_an_older_dump_end_nothing),
		TEST(test_dump_of_which_nothing_comes_is_given_up),
		TEST(test_dump_whose_end_was_lost_is_found_by_a_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
