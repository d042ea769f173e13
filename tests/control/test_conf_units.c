#include "control/conf_units.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void rates(void **state)
{
	static const struct {
		const char *text;
		int err;
		enum rate_unit unit;
		uint64_t value;
	} cases[] = {
		{ "1000", 0, RATE_BITS_PER_S, 1000 },
		{ "100M", 0, RATE_BITS_PER_S, 100000000 },
		{ "2.5G", 0, RATE_BITS_PER_S, 2500000000 },
		{ "250k", 0, RATE_BITS_PER_S, 250000 },
		{ "400G", 0, RATE_BITS_PER_S, 400000000000 },
		{ "0", 0, RATE_BITS_PER_S, 0 },
		{ "0.001k", 0, RATE_BITS_PER_S, 1 },
		{ "1.234567891G", 0, RATE_BITS_PER_S, 1234567891 },
		{ "64pps", 0, RATE_PKTS_PER_S, 64 },
		{ "10kpps", 0, RATE_PKTS_PER_S, 10000 },
		{ "1.5Mpps", 0, RATE_PKTS_PER_S, 1500000 },
		{ "1Gpps", 0, RATE_PKTS_PER_S, 1000000000 },
		{ "0.0001k", -EDOM, 0, 0 },
		{ "0.5", -EDOM, 0, 0 },
		{ "1.5pps", -EDOM, 0, 0 },
		{ "1.2345678912G", -EDOM, 0, 0 },
		{ "", -EINVAL, 0, 0 },
		{ "M", -EINVAL, 0, 0 },
		{ "-1M", -EINVAL, 0, 0 },
		{ "+1M", -EINVAL, 0, 0 },
		{ "1e6", -EINVAL, 0, 0 },
		{ " 1M", -EINVAL, 0, 0 },
		{ "1 M", -EINVAL, 0, 0 },
		{ "1M ", -EINVAL, 0, 0 },
		{ "1m", -EINVAL, 0, 0 },
		{ "1K", -EINVAL, 0, 0 },
		{ "1Ki", -EINVAL, 0, 0 },
		{ "1Mbit", -EINVAL, 0, 0 },
		{ ".5M", -EINVAL, 0, 0 },
		{ "5.M", -EINVAL, 0, 0 },
		{ "1.2.3M", -EINVAL, 0, 0 },
		{ "fast", -EINVAL, 0, 0 },
		{ "1234567890123456789", -ERANGE, 0, 0 },
		{ "999999999999999999G", -ERANGE, 0, 0 },
		{ "18446744073G", 0, RATE_BITS_PER_S, 18446744073000000000U },
		{ "18446744074G", -ERANGE, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum rate_unit unit = (enum rate_unit)77;
		uint64_t value = 777;

		print_message("rate \"%s\"\n", cases[i].text);
		assert_int_equal(ctl_units_rate(cases[i].text, &unit, &value), cases[i].err);
		assert_int_equal(unit, cases[i].err == 0 ? (int)cases[i].unit : 77);
		assert_int_equal(value, cases[i].err == 0 ? cases[i].value : 777);
	}
}

static void bursts(void **state)
{
	static const struct {
		const char *text;
		int err;
		enum ctl_burst_unit unit;
		uint64_t value;
	} cases[] = {
		{ "1518", 0, CTL_BURST_BYTES, 1518 },
		{ "16k", 0, CTL_BURST_BYTES, 16000 },
		{ "16Ki", 0, CTL_BURST_BYTES, 16384 },
		{ "1.5Ki", 0, CTL_BURST_BYTES, 1536 },
		{ "2Mi", 0, CTL_BURST_BYTES, 2097152 },
		{ "1G", 0, CTL_BURST_BYTES, 1000000000 },
		{ "32pkts", 0, CTL_BURST_PKTS, 32 },
		{ "1ms", 0, CTL_BURST_NS, 1000000 },
		{ "500us", 0, CTL_BURST_NS, 500000 },
		{ "2.5us", 0, CTL_BURST_NS, 2500 },
		{ "10ns", 0, CTL_BURST_NS, 10 },
		{ "1s", 0, CTL_BURST_NS, 1000000000 },
		{ "1.0001Ki", -EDOM, 0, 0 },
		{ "0.5ns", -EDOM, 0, 0 },
		{ "16K", -EINVAL, 0, 0 },
		{ "16kB", -EINVAL, 0, 0 },
		{ "1m", -EINVAL, 0, 0 },
		{ "1min", -EINVAL, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum ctl_burst_unit unit = (enum ctl_burst_unit)77;
		uint64_t value = 777;

		print_message("burst \"%s\"\n", cases[i].text);
		assert_int_equal(ctl_units_burst(cases[i].text, &unit, &value), cases[i].err);
		assert_int_equal(unit, cases[i].err == 0 ? (int)cases[i].unit : 77);
		assert_int_equal(value, cases[i].err == 0 ? cases[i].value : 777);
	}
}

static void times(void **state)
{
	uint64_t ns = 777;

	(void)state;
	assert_int_equal(ctl_units_time("2ms", &ns), 0);
	assert_int_equal(ns, 2000000);
	assert_int_equal(ctl_units_time("0.25s", &ns), 0);
	assert_int_equal(ns, 250000000);
	assert_int_equal(ctl_units_time("2", &ns), -EINVAL);
	assert_int_equal(ctl_units_time("2k", &ns), -EINVAL);
	assert_int_equal(ctl_units_time("0.1ns", &ns), -EDOM);
	assert_int_equal(ns, 250000000);
}

/* A burst in time is what the rate delivers in it, rounded down. */
static void burst_of_time(void **state)
{
	static const struct {
		enum rate_unit unit;
		uint64_t rate, ns, units;
	} cases[] = {
		{ RATE_BITS_PER_S, 100000000, 1000000, 12500 },
		{ RATE_BITS_PER_S, 10000000, 20000000, 25000 },
		{ RATE_BITS_PER_S, 1000, 1000000, 0 },
		{ RATE_BITS_PER_S, 1001, 1000000000, 125 }, /* 125.125 */
		{ RATE_BITS_PER_S, 400000000000, 1000000000, 50000000000 },
		{ RATE_PKTS_PER_S, 1000, 1500000, 1 }, /* 1.5 */
		{ RATE_PKTS_PER_S, 1000000, 1000000, 1000 },
	};
	uint64_t units = 777;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(
			ctl_units_burst_of_time(cases[i].unit, cases[i].rate, cases[i].ns, &units),
			0);
		assert_int_equal(units, cases[i].units);
	}
	units = 777;
	assert_int_equal(ctl_units_burst_of_time(RATE_BITS_PER_S, 999, 1, &units), -ERANGE);
	assert_int_equal(ctl_units_burst_of_time(RATE_BITS_PER_S, 400000000001, 1, &units),
			 -ERANGE);
	assert_int_equal(units, 777);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates),
		cmocka_unit_test(bursts),
		cmocka_unit_test(times),
		cmocka_unit_test(burst_of_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
