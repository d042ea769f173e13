#include "bench/perf/quantity.h"
#include "tests/perf/check.h"

#include <errno.h>
#include <string.h>

static void counts_are_decimal_and_never_rounded(void **state)
{
	static const struct {
		const char *text;
		int err;
		uint64_t value;
	} rows[] = {
		{ "0", 0, 0 },
		{ "17", 0, 17 },
		{ "10k", 0, 10000 },
		{ "1.5k", 0, 1500 },
		{ "1.2345k", -EINVAL, 0 },
		{ "2.5", -EINVAL, 0 },
		{ "4M", 0, 4000000 },
		{ "4G", 0, 4000000000ULL },
		{ "", -EINVAL, 0 },
		{ "k", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "1 k", -EINVAL, 0 },
		{ "1K", -EINVAL, 0 },
		{ "1..5k", -EINVAL, 0 },
		{ "99999999999999999999", -ERANGE, 0 },
		{ "9999999999G", -ERANGE, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		uint64_t value = 4711;

		assert_int_equal(perf_quantity_count(rows[i].text, &value), rows[i].err);
		assert_int_equal(value, rows[i].err ? 4711 : rows[i].value);
	}
}

static void bytes_know_both_kinds_of_kilo(void **state)
{
	uint64_t bytes;

	(void)state;
	assert_int_equal(perf_quantity_bytes("16k", &bytes), 0);
	assert_int_equal(bytes, 16000);
	assert_int_equal(perf_quantity_bytes("16Ki", &bytes), 0);
	assert_int_equal(bytes, 16384);
	assert_int_equal(perf_quantity_bytes("16K", &bytes), -EINVAL);
}

static void times_have_units_and_default_to_seconds(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} rows[] = {
		{ "5ns", 5 },	      { "1.5us", 1500 },     { "20ms", 20000000 },
		{ "2s", 2000000000 }, { "0.25", 250000000 }, { "2m", 120000000000ULL },
	};
	uint64_t ns;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		assert_int_equal(perf_quantity_ns(rows[i].text, &ns), 0);
		assert_int_equal(ns, rows[i].ns);
	}
	assert_int_equal(perf_quantity_ns("1h", &ns), -EINVAL);
	assert_int_equal(perf_quantity_ns("1.5ns", &ns), -EINVAL);
	assert_int_equal(perf_quantity_ns("1000000001s", &ns), -ERANGE);
}

static void loads_say_what_they_count(void **state)
{
	static const struct {
		const char *text;
		int err;
		struct perf_load load;
	} rows[] = {
		{ "100M", 0, { PERF_LOAD_BPS, 100000000 } },
		{ "3443pps", 0, { PERF_LOAD_PPS, 3443 } },
		{ "1.2Mpps", 0, { PERF_LOAD_PPS, 1200000 } },
		{ "95%", 0, { PERF_LOAD_LINE, 950000 } },
		{ "0.5%", 0, { PERF_LOAD_LINE, 5000 } },
		{ "max", 0, { PERF_LOAD_UNPACED, 0 } },
		{ "0", -ERANGE, { PERF_LOAD_BPS, 0 } },
		{ "100Mbit", -EINVAL, { PERF_LOAD_BPS, 0 } },
		{ "pps", -EINVAL, { PERF_LOAD_BPS, 0 } },
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		struct perf_load load = { 0 };

		assert_int_equal(perf_quantity_load(rows[i].text, &load), rows[i].err);
		if (rows[i].err)
			continue;
		assert_int_equal(load.kind, rows[i].load.kind);
		assert_int_equal(load.value, rows[i].load.value);
	}
}

static void addresses_are_read_whole_or_not_at_all(void **state)
{
	static const uint8_t expected[6] = { 0x02, 0xaB, 0, 0x10, 0xff, 0x09 };
	static const char *const bad[] = { "02:ab:00:10:ff", "02:ab:00:10:ff:0",
					   "02-ab-00-10-ff-09", "02:ab:00:10:ff:0g",
					   "02:ab:00:10:ff:09:00" };
	uint32_t address;
	uint8_t mac[6];
	size_t i;

	(void)state;
	assert_int_equal(perf_quantity_ipv4("198.18.0.1", &address), 0);
	assert_int_equal(address, 0xc6120001);
	assert_int_equal(perf_quantity_ipv4("198.18.0", &address), -EINVAL);
	assert_int_equal(perf_quantity_ipv4("198.18.0.256", &address), -EINVAL);
	assert_int_equal(perf_quantity_mac("02:AB:00:10:ff:09", mac), 0);
	assert_memory_equal(mac, expected, 6);
	for (i = 0; i < LENGTH(bad); i++)
		assert_int_equal(perf_quantity_mac(bad[i], mac), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_decimal_and_never_rounded),
		cmocka_unit_test(bytes_know_both_kinds_of_kilo),
		cmocka_unit_test(times_have_units_and_default_to_seconds),
		cmocka_unit_test(loads_say_what_they_count),
		cmocka_unit_test(addresses_are_read_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
