#include "control/conf_value.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

void ctl_value_error(struct ctl_loader *loader, const config_setting_t *setting, const char *what,
		     const char *right)
{
	ctl_errors_add(loader->errors, ctl_loader_src(loader, setting), "%s \"%s\" %s; %s",
		       config_setting_name(setting), config_setting_get_string(setting), what,
		       right);
}

bool ctl_value_text(struct ctl_loader *loader, const config_setting_t *setting, char *text,
		    size_t size)
{
	const char *value = config_setting_get_string(setting);
	size_t len = strlen(value);

	if (len == 0 || len >= size) {
		ctl_errors_add(loader->errors, ctl_loader_src(loader, setting),
			       "%s \"%.64s\" has %zu characters; it must have 1 to %zu",
			       config_setting_name(setting), value, len, size - 1);
		return false;
	}
	memcpy(text, value, len + 1);
	return true;
}

bool ctl_value_name(struct ctl_loader *loader, const config_setting_t *setting, char *name,
		    size_t size)
{
	if (!ctl_value_text(loader, setting, name, size))
		return false;
	if (name[strspn(name, NAME_CHARS)] == '\0' && name[0] != '-' && name[0] != '.')
		return true;
	ctl_value_error(
		loader, setting, "is not a name",
		"use letters, digits, '_', '-' and '.', beginning with a letter, a digit or "
		"'_'");
	return false;
}

bool ctl_value_int(struct ctl_loader *loader, const config_setting_t *setting, unsigned min,
		   unsigned max, unsigned *value)
{
	long long wide = config_setting_get_int64(setting);

	if (wide < min || wide > max) {
		ctl_errors_add(loader->errors, ctl_loader_src(loader, setting),
			       "%s %lld is out of range; it must be %u to %u",
			       config_setting_name(setting), wide, min, max);
		return false;
	}
	*value = (unsigned)wide;
	return true;
}

/* A quantity that ctl_units_*() refused. */
bool ctl_value_quantity_error(struct ctl_loader *loader, const config_setting_t *setting, int err,
			      const char *noun, const char *right)
{
	char what[64];

	if (err == -EDOM)
		(void)snprintf(what, sizeof(what), "is not a whole number of %s", noun);
	else
		(void)snprintf(what, sizeof(what), "is %s",
			       err == -ERANGE ? "too long a number" : "not a quantity");
	ctl_value_error(loader, setting, what, right);
	return false;
}

bool ctl_value_pps(const config_setting_t *setting, uint64_t *pps)
{
	enum rate_unit unit = RATE_PKTS_PER_S;
	uint64_t rate = 0, dummy;

	if (ctl_units_rate(config_setting_get_string(setting), &unit, &rate) != 0 ||
	    unit != RATE_PKTS_PER_S || ctl_units_burst_of_time(unit, rate, 0, &dummy) != 0)
		return false;
	*pps = rate;
	return true;
}

bool ctl_value_delay(struct ctl_loader *loader, const config_setting_t *setting, uint64_t *ns)
{
	int err = ctl_units_time(config_setting_get_string(setting), ns);

	if (err != 0)
		return ctl_value_quantity_error(loader, setting, err, "nanoseconds",
						"write a time such as \"2ms\" or \"500us\"");
	if (*ns >= CTL_DELAY_MIN_NS && *ns <= CTL_DELAY_MAX_NS)
		return true;
	ctl_value_error(loader, setting, "is out of range", "it must be \"1us\" to \"10s\"");
	return false;
}
