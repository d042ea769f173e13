/* Unit test of shaper/params.h: what is refused, in which words, and what comes of the rest. */
#include "shaper/params.h"
#include "tests/shaper/port.h"

#include <errno.h>

#define HZ 1000000000ULL

static struct shaper_params good(void)
{
	struct shaper_params params = port_params(HZ, 100000000, 16000);

	params.nclasses = 3;
	for (uint32_t i = 0; i < 3; i++)
		params.classes[i] = (struct shaper_class_params){ .level = i,
								  .weight = 1,
								  .quota_pkts = 1000 };
	return params;
}

static void refused(const struct shaper_params *params, int err, const char *words)
{
	char why[SHAPER_WHY_LEN] = "";
	char cut[8] = "xxxxxxx";
	void *mem = NULL;
	struct shaper *shaper = NULL;

	assert_int_equal(shaper_params_check(params, why, sizeof(why)), err);
	if (strstr(why, words) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", why, words);
	assert_true(strlen(why) < sizeof(why) - 1);
	assert_int_equal(shaper_params_check(params, NULL, 0), err);
	assert_int_equal(shaper_params_check(params, cut, sizeof(cut)), err);
	assert_int_equal(cut[sizeof(cut) - 1], '\0');
	assert_int_equal(shaper_init(mem, params, 0, &shaper), err);
	assert_null(shaper);
}

static void port_values(void **state)
{
	struct shaper_params params = good();

	(void)state;
	assert_int_equal(shaper_params_check(&params, NULL, 0), 0);
	params.ticks_hz = RATE_MIN_TICKS_HZ - 1;
	refused(&params, -ERANGE, "clock of 999999 Hz");
	params = good();
	params.layer = (enum rate_layer)3;
	refused(&params, -ERANGE, "layer 3 is none of L1, L2, L3");
	params = good();
	params.max_frame_bytes = SHAPER_MAX_FRAME_BYTES + 1;
	refused(&params, -ERANGE, "longest frame of 16385 bytes");
	params = good();
	params.nclasses = 0;
	refused(&params, -ERANGE, "0 classes");
	params.nclasses = SHAPER_MAX_CLASSES + 1;
	refused(&params, -ERANGE, "65 classes are outside 1 to 64");
}

static void profiles(void **state)
{
	struct shaper_params params = good();

	(void)state;
	params.aggregate.rate_bps = 999;
	refused(&params, -ERANGE, "aggregate: rate 999 bit/s is outside 1000 to");
	params.aggregate.rate_bps = RATE_MAX_BPS + 1;
	refused(&params, -ERANGE, "400000000001");
	params = good();
	params.aggregate.burst_bytes = 1517;
	refused(&params, -EINVAL,
		"burst of 1517 bytes is less than the longest packet, 1518 bytes in L2 (frame of "
		"1514 +4)");
	params.layer = RATE_LAYER_L3;
	params.aggregate.burst_bytes = 1499;
	refused(&params, -EINVAL, "1500 bytes in L3 (frame of 1514 -14)");
	params.aggregate.burst_bytes = 1500;
	assert_int_equal(shaper_params_check(&params, NULL, 0), 0);
	params = good();
	params.aggregate.burst_bytes = SHAPER_MAX_BURST_BYTES + 1;
	refused(&params, -ERANGE, "1000000001 bytes exceeds");
	params = good();
	params.aggregate.rate_bps = 0;
	refused(&params, -EINVAL, "aggregate: burst of 16000 bytes without a rate");
	params = good();
	params.classes[1].profile.burst_bytes = 2000;
	refused(&params, -EINVAL, "class 1: burst of 2000 bytes without a rate");
	params.classes[1].profile.rate_bps = 200000000;
	refused(&params, -EINVAL,
		"class 1: rate 200000000 bit/s exceeds the aggregate's 100000000 bit/s");
}

static void class_values(void **state)
{
	struct shaper_params params = good();

	(void)state;
	params.classes[2].weight = 0;
	refused(&params, -ERANGE, "class 2: weight 0 is outside 1 to 10000");
	params.classes[2].weight = SHAPER_MAX_WEIGHT + 1;
	refused(&params, -ERANGE, "weight 10001");
	params = good();
	params.classes[0].level = SHAPER_MAX_LEVELS;
	refused(&params, -ERANGE, "class 0: level 64 is outside 0 to 63");
	params = good();
	params.classes[0].quota_pkts = 0;
	refused(&params, -ERANGE, "class 0: quota of 0 packets");
	params.classes[0].quota_pkts = SHAPER_MAX_QUOTA_PKTS;
	refused(&params, -ERANGE, "the quotas of 3 classes add up to 16779216 packets");
	params = good();
	params.classes[0].limit_bytes = 1517;
	refused(&params, -EINVAL, "limit of 1517 bytes is less than the longest packet, 1518");
	params = good();
	params.classes[0].limit_ns = 100000;
	refused(&params, -EINVAL,
		"limit of 100000 ns at 100000000 bit/s is 1250 bytes, less than the longest");
	params = good();
	params.classes[0].limit_ns = SHAPER_MAX_WAIT_NS + 1;
	refused(&params, -ERANGE, "time limit of");
	params = good();
	params.classes[0].ecn_ns = SHAPER_MAX_WAIT_NS + 1;
	refused(&params, -ERANGE, "ECN threshold of");
	params = good();
	params.classes[0].ecn_ns = 5000000;
	params.classes[0].limit_ns = 5000000;
	refused(&params, -EINVAL, "ECN threshold of 5000000 ns marks nothing");
	params.classes[0].ecn_ns = 4999999;
	assert_int_equal(shaper_params_check(&params, NULL, 0), 0);
}

static void flow_values(void **state)
{
	static const uint16_t of[] = { 0, 1, 2, 0 };
	const struct shaper_profile_params table[] = { { 1000, 1518 }, { 2000000, 3000 } };
	struct shaper_params params = good();

	(void)state;
	params.flows = (struct shaper_flow_params){
		.nflows = 4, .class_index = 2, .quota_pkts = 10, .profiles = table, .nprofiles = 2
	};
	assert_int_equal(shaper_params_check(&params, NULL, 0), 0);
	params.flows.profile_of_flow = of;
	refused(&params, -ERANGE, "flow 2: profile 2 does not exist, there are 2");
	params.flows.profile_of_flow = NULL;
	params.flows.nflows = SHAPER_MAX_FLOWS + 1;
	refused(&params, -ERANGE, "65537 flows exceed 65536");
	params.flows.nflows = 4;
	params.flows.class_index = 3;
	refused(&params, -ERANGE, "flows: class 3 does not exist, there are 3");
	params.flows.class_index = 2;
	params.flows.quota_pkts = 0;
	refused(&params, -ERANGE, "flows: quota of 0 packets");
	params.flows.quota_pkts = 1001;
	refused(&params, -EINVAL, "quota of 1001 packets exceeds class 2's of 1000");
	params.flows.quota_pkts = 10;
	params.flows.quota_bytes = 1000;
	refused(&params, -EINVAL, "flows: quota of 1000 bytes is less than the longest");
	params.flows.quota_bytes = 0;
	params.flows.nprofiles = 0;
	refused(&params, -ERANGE, "flows: 0 profiles");
	params.flows.nprofiles = 2;
	params.aggregate.rate_bps = 1999999;
	refused(&params, -EINVAL, "flow profile 1: rate 2000000 bit/s exceeds");
}

static void effective_values(void **state)
{
	struct shaper_params params = good();
	struct shaper_class_effective effective;
	struct port port;

	(void)state;
	params.classes[1].limit_ns = 5000000; /* 62500 bytes at 100 Mbit/s */
	params.classes[1].limit_bytes = 70000;
	params.classes[1].ecn_ns = 1000000;
	params.classes[2].limit_ns = 5000000; /* 6250 bytes at 10 Mbit/s */
	params.classes[2].profile = (struct shaper_profile_params){ 10000000, 3000 };
	params.classes[2].level = 1;
	params.classes[2].weight = 3;
	port_open(&port, &params, 0);
	assert_int_equal(shaper_class_effective_get(port.shaper, 0, &effective), 0);
	assert_true(effective.limit_bytes == UINT64_MAX && effective.limit_ticks == UINT64_MAX);
	assert_true(effective.ecn_ticks == UINT64_MAX);
	assert_int_equal(effective.rate_bps, 0);
	assert_int_equal(shaper_class_effective_get(port.shaper, 1, &effective), 0);
	assert_int_equal(effective.limit_bytes, 62500);
	assert_int_equal(effective.limit_ticks, 5000000);
	assert_int_equal(effective.ecn_ticks, 1000000);
	assert_int_equal(effective.quantum_bytes, 1518);
	assert_int_equal(shaper_class_effective_get(port.shaper, 2, &effective), 0);
	assert_int_equal(effective.limit_bytes, 6250);
	assert_int_equal(effective.rate_bps, 10000000);
	assert_int_equal(effective.burst_bytes, 3000);
	assert_int_equal(effective.quantum_bytes, 3 * 1518);
	assert_int_equal(shaper_class_effective_get(port.shaper, 3, &effective), -ERANGE);
	port_close(&port);
}

static void burst_for_a_gap(void **state)
{
	(void)state;
	/* 1 ms at 100 Mbit/s is 12 500 bytes; one more, because that is where the bucket is full. */
	assert_int_equal(shaper_burst_for_gap_bytes(100000000, 1000000, 1518), 12500 + 1 + 1518);
	assert_int_equal(shaper_burst_for_gap_bytes(1000, 0, 64), 65);
	assert_true(shaper_burst_for_gap_bytes(UINT64_MAX, UINT64_MAX, 64) == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(port_values),	    cmocka_unit_test(profiles),
		cmocka_unit_test(class_values),	    cmocka_unit_test(flow_values),
		cmocka_unit_test(effective_values), cmocka_unit_test(burst_for_a_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
