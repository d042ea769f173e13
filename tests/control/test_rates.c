#include "control/rates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND 1000000000ULL

static void one_second(void **state)
{
	struct ctl_port_rates rates = { 0 };
	struct dp_port_counters counters = { .rx_pkts = 10, .rx_bytes = 5000 };

	(void)state;
	ctl_rates_update(&rates, 5 * SECOND, &counters, RATE_LAYER_L2, RATE_LAYER_L3);
	assert_int_equal(rates.elapsed_ns, 0); /* one reading gives no rate */
	counters.rx_pkts += 1000;
	counters.rx_bytes += 1000UL * 1514;
	counters.tx_pkts += 10;
	counters.tx_bytes += 10UL * 1514;
	ctl_rates_update(&rates, 6 * SECOND, &counters, RATE_LAYER_L2, RATE_LAYER_L3);
	assert_int_equal(rates.elapsed_ns, SECOND);
	assert_int_equal(rates.rx.pps, 1000);
	assert_int_equal(rates.rx.bps, 1000 * 1518 * 8);
	assert_int_equal(rates.tx.pps, 10);
	assert_int_equal(rates.tx.bps, 10 * 1500 * 8);
	ctl_rates_update(&rates, 7 * SECOND, &counters, RATE_LAYER_L2, RATE_LAYER_L3);
	assert_int_equal(rates.rx.pps, 0);
	assert_int_equal(rates.rx.bps, 0);
}

/* A late reading divides by the time that has really passed. */
static void late_reading(void **state)
{
	struct ctl_port_rates rates = { 0 };
	struct dp_port_counters counters = { 0 };

	(void)state;
	ctl_rates_update(&rates, 0, &counters, RATE_LAYER_L1, RATE_LAYER_L1);
	counters.tx_pkts = 3000;
	counters.tx_bytes = 3000UL * 60;
	ctl_rates_update(&rates, 3 * SECOND / 2, &counters, RATE_LAYER_L1, RATE_LAYER_L1);
	assert_int_equal(rates.tx.pps, 2000);
	assert_int_equal(rates.tx.bps, 2000 * 84 * 8);
}

static void two_readings_at_once(void **state)
{
	struct ctl_port_rates rates = { 0 };
	struct dp_port_counters counters = { 0 };

	(void)state;
	ctl_rates_update(&rates, SECOND, &counters, RATE_LAYER_L2, RATE_LAYER_L2);
	counters.rx_pkts = 7;
	counters.rx_bytes = 700;
	ctl_rates_update(&rates, SECOND, &counters, RATE_LAYER_L2, RATE_LAYER_L2);
	assert_int_equal(rates.rx.pkts, 0); /* ignored: it would divide by nothing */
	ctl_rates_update(&rates, 2 * SECOND, &counters, RATE_LAYER_L2, RATE_LAYER_L2);
	assert_int_equal(rates.rx.pps, 7);
}

/* 400 Gbit/s of counters for a day do not overflow. */
static void large_values(void **state)
{
	struct ctl_port_rates rates = { 0 };
	struct dp_port_counters counters = { 0 };
	uint64_t day = 86400;

	(void)state;
	ctl_rates_update(&rates, 0, &counters, RATE_LAYER_L2, RATE_LAYER_L2);
	counters.rx_pkts = 33000000 * day;
	counters.rx_bytes = counters.rx_pkts * 1514;
	ctl_rates_update(&rates, day * SECOND, &counters, RATE_LAYER_L2, RATE_LAYER_L2);
	assert_int_equal(rates.rx.pps, 33000000);
	assert_int_equal(rates.rx.bps, 33000000ULL * 1518 * 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_second),
		cmocka_unit_test(late_reading),
		cmocka_unit_test(two_readings_at_once),
		cmocka_unit_test(large_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
