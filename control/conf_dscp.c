#include "control/conf_dscp.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DSCP_MAX 63

static const struct {
	const char *name;
	uint8_t dscp;
} names[] = {
	{ "be", 0 },	{ "cs0", 0 },	{ "le", 1 },	{ "cs1", 8 },	{ "af11", 10 },
	{ "af12", 12 }, { "af13", 14 }, { "cs2", 16 },	{ "af21", 18 }, { "af22", 20 },
	{ "af23", 22 }, { "cs3", 24 },	{ "af31", 26 }, { "af32", 28 }, { "af33", 30 },
	{ "cs4", 32 },	{ "af41", 34 }, { "af42", 36 }, { "af43", 38 }, { "cs5", 40 },
	{ "va", 44 },	{ "ef", 46 },	{ "cs6", 48 },	{ "cs7", 56 },
};
#define N_NAMES (sizeof(names) / sizeof(names[0]))

int ctl_dscp_parse(const char *text, size_t len, uint8_t *dscp)
{
	unsigned value = 0;

	for (size_t i = 0; i < N_NAMES; i++) {
		if (strlen(names[i].name) == len && strncmp(names[i].name, text, len) == 0) {
			*dscp = names[i].dscp;
			return 0;
		}
	}
	if (len == 0)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)text[i]))
			return -EINVAL;
		if (value <= DSCP_MAX)
			value = value * 10 + (unsigned)(text[i] - '0');
	}
	if (value > DSCP_MAX)
		return -ERANGE;
	*dscp = (uint8_t)value;
	return 0;
}

void ctl_dscp_text(uint8_t dscp, char text[CTL_DSCP_TEXT_MAX])
{
	for (size_t i = 0; i < N_NAMES; i++) {
		if (names[i].dscp == dscp) {
			(void)snprintf(text, CTL_DSCP_TEXT_MAX, "%s", names[i].name);
			return;
		}
	}
	(void)snprintf(text, CTL_DSCP_TEXT_MAX, "%u", dscp);
}
