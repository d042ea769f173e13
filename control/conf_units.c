#include "control/conf_units.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#define MAX_DIGITS 18
#define NS_PER_S 1000000000ULL

struct suffix {
	const char *text;
	uint64_t scale;
	int kind;
};

/* number = digits / 10^decimals; 18 digits always fit */
struct number {
	uint64_t digits;
	unsigned decimals;
};

static const struct suffix rate_suffixes[] = {
	{ "", 1, RATE_BITS_PER_S },
	{ "k", 1000, RATE_BITS_PER_S },
	{ "M", 1000000, RATE_BITS_PER_S },
	{ "G", 1000000000, RATE_BITS_PER_S },
	{ "pps", 1, RATE_PKTS_PER_S },
	{ "kpps", 1000, RATE_PKTS_PER_S },
	{ "Mpps", 1000000, RATE_PKTS_PER_S },
	{ "Gpps", 1000000000, RATE_PKTS_PER_S },
	{ NULL, 0, 0 },
};

static const struct suffix burst_suffixes[] = {
	{ "", 1, CTL_BURST_BYTES },
	{ "k", 1000, CTL_BURST_BYTES },
	{ "M", 1000000, CTL_BURST_BYTES },
	{ "G", 1000000000, CTL_BURST_BYTES },
	{ "Ki", 1U << 10, CTL_BURST_BYTES },
	{ "Mi", 1U << 20, CTL_BURST_BYTES },
	{ "Gi", 1U << 30, CTL_BURST_BYTES },
	{ "pkts", 1, CTL_BURST_PKTS },
	{ "ns", 1, CTL_BURST_NS },
	{ "us", 1000, CTL_BURST_NS },
	{ "ms", 1000000, CTL_BURST_NS },
	{ "s", NS_PER_S, CTL_BURST_NS },
	{ NULL, 0, 0 },
};

static const struct suffix time_suffixes[] = {
	{ "ns", 1, CTL_BURST_NS },
	{ "us", 1000, CTL_BURST_NS },
	{ "ms", 1000000, CTL_BURST_NS },
	{ "s", NS_PER_S, CTL_BURST_NS },
	{ NULL, 0, 0 },
};

/* Reads the number; *rest is what follows it. */
static int number_parse(const char *text, struct number *number, const char **rest)
{
	unsigned n_digits = 0;
	bool point = false;

	*number = (struct number){ 0 };
	for (; isdigit((unsigned char)*text) || (*text == '.' && !point); text++) {
		if (*text == '.') {
			point = true;
			if (n_digits == 0 || !isdigit((unsigned char)text[1]))
				return -EINVAL;
			continue;
		}
		if (++n_digits > MAX_DIGITS)
			return -ERANGE;
		number->digits = number->digits * 10 + (uint64_t)(*text - '0');
		number->decimals += point;
	}
	*rest = text;
	return n_digits == 0 ? -EINVAL : 0;
}

static int quantity_parse(const char *text, const struct suffix *suffixes, int *kind,
			  uint64_t *value)
{
	struct number number;
	const struct suffix *suffix;
	const char *rest = NULL;
	uint64_t divisor = 1;
	rate_u128 scaled;
	int err;

	err = number_parse(text, &number, &rest);
	if (err != 0)
		return err;
	for (suffix = suffixes; suffix->text != NULL && strcmp(suffix->text, rest) != 0;)
		suffix++;
	if (suffix->text == NULL)
		return -EINVAL;
	for (; number.decimals > 0; number.decimals--)
		divisor *= 10;
	scaled = (rate_u128)number.digits * suffix->scale;
	if (scaled % divisor != 0)
		return -EDOM;
	if (scaled / divisor > UINT64_MAX)
		return -ERANGE;
	*kind = suffix->kind;
	*value = (uint64_t)(scaled / divisor);
	return 0;
}

int ctl_units_rate(const char *text, enum rate_unit *unit, uint64_t *value)
{
	int kind = 0;
	int err = quantity_parse(text, rate_suffixes, &kind, value);

	if (err == 0)
		*unit = (enum rate_unit)kind;
	return err;
}

int ctl_units_burst(const char *text, enum ctl_burst_unit *unit, uint64_t *value)
{
	int kind = 0;
	int err = quantity_parse(text, burst_suffixes, &kind, value);

	if (err == 0)
		*unit = (enum ctl_burst_unit)kind;
	return err;
}

int ctl_units_time(const char *text, uint64_t *ns)
{
	int kind = 0;

	return quantity_parse(text, time_suffixes, &kind, ns);
}

int ctl_units_burst_of_time(enum rate_unit unit, uint64_t value, uint64_t ns, uint64_t *units)
{
	struct rate rate;
	int err = rate_init(&rate, unit, value, NS_PER_S);

	if (err == 0)
		*units = rate_units_in_ns(&rate, ns);
	return err;
}
