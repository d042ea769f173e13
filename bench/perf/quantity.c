#include "bench/perf/quantity.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

struct suffix {
	const char *text;
	uint64_t factor;
};

static const struct suffix decimal_suffixes[] = {
	{ "", 1 }, { "k", 1000 }, { "M", 1000000 }, { "G", 1000000000 }, { NULL, 0 },
};

static const struct suffix byte_suffixes[] = {
	{ "", 1 },	   { "k", 1000 },     { "M", 1000000 },	 { "G", 1000000000 },
	{ "Ki", 1 << 10 }, { "Mi", 1 << 20 }, { "Gi", 1 << 30 }, { NULL, 0 },
};

static const struct suffix time_suffixes[] = {
	{ "ns", 1 },	    { "us", 1000 },	     { "ms", 1000000 }, { "s", 1000000000 },
	{ "", 1000000000 }, { "m", 60000000000ULL }, { NULL, 0 },
};

static const struct suffix pps_suffixes[] = {
	{ "pps", 1 }, { "kpps", 1000 }, { "Mpps", 1000000 }, { "Gpps", 1000000000 }, { NULL, 0 },
};

static const struct suffix percent_suffixes[] = { { "%", 10000 }, { NULL, 0 } };

/* Digits with at most one point; divisor is 10 to the number of digits behind it. */
static int scan_decimal(const char **text, wide *digits, uint64_t *divisor)
{
	const char *c = *text;
	bool point = false;
	int seen = 0;

	*digits = 0;
	*divisor = 1;
	for (; isdigit((unsigned char)*c) || (*c == '.' && !point); c++) {
		if (*c == '.') {
			point = true;
			continue;
		}
		if (++seen > 19)
			return -ERANGE;
		*digits = *digits * 10 + (wide)(*c - '0');
		*divisor *= point ? 10 : 1;
	}
	*text = c;
	return seen == 0 ? -EINVAL : 0;
}

static int parse(const char *text, const struct suffix *suffixes, uint64_t *value)
{
	wide digits, scaled;
	uint64_t divisor;
	int err = scan_decimal(&text, &digits, &divisor);

	if (err)
		return err;
	while (suffixes->text && strcmp(suffixes->text, text) != 0)
		suffixes++;
	if (!suffixes->text)
		return -EINVAL;
	scaled = digits * suffixes->factor;
	if (scaled % divisor != 0)
		return -EINVAL;
	scaled /= divisor;
	if (scaled > UINT64_MAX / 2)
		return -ERANGE;
	*value = (uint64_t)scaled;
	return 0;
}

int perf_quantity_count(const char *text, uint64_t *count)
{
	return parse(text, decimal_suffixes, count);
}

int perf_quantity_bytes(const char *text, uint64_t *bytes)
{
	return parse(text, byte_suffixes, bytes);
}

int perf_quantity_bps(const char *text, uint64_t *bps)
{
	return parse(text, decimal_suffixes, bps);
}

int perf_quantity_ns(const char *text, uint64_t *ns)
{
	uint64_t value;
	int err = parse(text, time_suffixes, &value);

	if (err)
		return err;
	if (value > 1000000000000000000ULL)
		return -ERANGE;
	*ns = value;
	return 0;
}

int perf_quantity_load(const char *text, struct perf_load *load)
{
	static const struct {
		const struct suffix *suffixes;
		enum perf_load_kind kind;
	} forms[] = {
		{ decimal_suffixes, PERF_LOAD_BPS },
		{ pps_suffixes, PERF_LOAD_PPS },
		{ percent_suffixes, PERF_LOAD_LINE },
	};
	uint64_t value;
	size_t i;

	if (strcmp(text, "max") == 0) {
		*load = (struct perf_load){ .kind = PERF_LOAD_UNPACED };
		return 0;
	}
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		int err = parse(text, forms[i].suffixes, &value);

		if (err == -EINVAL)
			continue;
		if (err)
			return err;
		if (value == 0)
			return -ERANGE;
		*load = (struct perf_load){ .kind = forms[i].kind, .value = value };
		return 0;
	}
	return -EINVAL;
}

int perf_quantity_ipv4(const char *text, uint32_t *address)
{
	struct in_addr parsed;

	if (inet_pton(AF_INET, text, &parsed) != 1)
		return -EINVAL;
	*address = ntohl(parsed.s_addr);
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int perf_quantity_mac(const char *text, uint8_t mac[6])
{
	uint8_t parsed[6];
	int i;

	if (strlen(text) != 17)
		return -EINVAL;
	for (i = 0; i < 6; i++, text += 3) {
		int high = hex_digit(text[0]);
		int low = hex_digit(text[1]);

		if (high < 0 || low < 0 || text[2] != (i < 5 ? ':' : '\0'))
			return -EINVAL;
		parsed[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(mac, parsed, sizeof(parsed));
	return 0;
}
