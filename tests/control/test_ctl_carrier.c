/* The watcher of carriers, in a real namespace. */

#include "control/mirror/ctl_carrier.h"
#include "mirror_world.h"

#include <errno.h>

#define SOON_NS 2000000000ULL

static struct world world;

static bool comes_true(bool (*condition)(void), uint64_t within_ns)
{
	uint64_t since_ns = world_now_ns();

	while (!condition()) {
		if (world_now_ns() - since_ns > within_ns)
			return false;
		event_base_loop(world.base, EVLOOP_NONBLOCK);
		usleep(100);
	}
	return true;
}

static int setup(void **state)
{
	(void)state;
	world_create(&world);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_destroy(&world);
	return 0;
}

struct carrier_state {
	unsigned calls;
	bool up;
};
static struct carrier_state carrier_state;

static void on_carrier(void *arg, unsigned port, bool up)
{
	struct carrier_state *told = arg;

	assert_int_equal(port, 3);
	told->calls++;
	told->up = up;
}

static bool carrier_is_up(void)
{
	return carrier_state.calls > 0 && carrier_state.up;
}

static bool carrier_is_down(void)
{
	return carrier_state.calls > 0 && !carrier_state.up;
}

/* The watcher looks where it is created: in the namespace. */
static struct ctl_carrier *watcher(void)
{
	struct ctl_carrier *carrier;
	struct dp_netns visit;
	struct dp_why why = { "" };

	assert_int_equal(dp_netns_enter(&visit, world.netns, &why), 0);
	if (ctl_carrier_create(world.base, &carrier, &why) < 0)
		fail_msg("%s", why.text);
	dp_netns_leave(&visit);
	memset(&carrier_state, 0, sizeof(carrier_state));
	return carrier;
}

static void test_carrier_is_told_at_first_and_on_change(void **state)
{
	struct ctl_carrier *carrier = watcher();

	(void)state;
	assert_int_equal(ctl_carrier_add(carrier, "p2", on_carrier, &carrier_state, 3), 0);
	assert_true(comes_true(carrier_is_up, SOON_NS));
	world_ip(&world, "link set q2 down");
	assert_true(comes_true(carrier_is_down, SOON_NS));
	world_ip(&world, "link set q2 up");
	assert_true(comes_true(carrier_is_up, SOON_NS));
	world_ip(&world, "link set p2 name renamed");
	assert_true(comes_true(carrier_is_down, SOON_NS));
	world_ip(&world, "link set renamed name p2");
	assert_true(comes_true(carrier_is_up, SOON_NS));
	world_ip(&world, "link del p2");
	assert_true(comes_true(carrier_is_down, SOON_NS));
	ctl_carrier_destroy(carrier);
}

static void test_carrier_of_a_missing_device_is_down_until_it_comes(void **state)
{
	struct ctl_carrier *carrier = watcher();

	(void)state;
	assert_int_equal(ctl_carrier_add(carrier, "", on_carrier, &carrier_state, 3), -EINVAL);
	assert_int_equal(ctl_carrier_add(carrier, "late0", on_carrier, &carrier_state, 3), 0);
	assert_true(comes_true(carrier_is_down, SOON_NS));
	world_ip(&world, "link set q3 down");
	world_ip(&world, "link set p3 down");
	world_ip(&world, "link set p3 name late0");
	world_ip(&world, "link set q3 up");
	world_ip(&world, "link set late0 up");
	assert_true(comes_true(carrier_is_up, SOON_NS));
	ctl_carrier_remove(carrier, &carrier_state);
	carrier_state.calls = 0;
	world_ip(&world, "link set late0 down");
	assert_false(comes_true(carrier_is_down, 20000000));
	ctl_carrier_destroy(carrier);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_carrier_is_told_at_first_and_on_change, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			test_carrier_of_a_missing_device_is_down_until_it_comes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
