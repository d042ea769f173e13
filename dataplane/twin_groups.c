#include "dataplane/twin.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Twelve hexadecimal digits. */
static bool mac_parse(const char *text, uint8_t mac[6])
{
	char *end;
	unsigned long long value = strtoull(text, &end, 16);

	for (unsigned i = 0; i < 6; i++)
		mac[i] = (uint8_t)(value >> (40 - 8 * i));
	return end == text + 12;
}

/* A line of /proc/net/dev_mcast: interface index, name, users, global users, address. */
static bool line_read(char *line, int ifindex, uint8_t group[6])
{
	char *rest = NULL, *end, *word = strtok_r(line, " ", &rest);

	if (word == NULL || strtol(word, &end, 10) != ifindex || *end != '\0')
		return false;
	for (unsigned i = 0; i < 4 && word != NULL; i++)
		word = strtok_r(NULL, " ", &rest);
	return word != NULL && mac_parse(word, group);
}

unsigned twin_groups_get(const struct twin *twin, uint8_t (*groups)[6], unsigned max)
{
	char text[16384], *rest = NULL;
	ssize_t len = twin->groups_fd < 0 ? -1 : pread(twin->groups_fd, text, sizeof(text) - 1, 0);
	unsigned n = 0;

	if (len < 0)
		return 0;
	text[len] = '\0';
	for (char *line = strtok_r(text, "\n", &rest); line != NULL && n < max;
	     line = strtok_r(NULL, "\n", &rest))
		n += line_read(line, twin->ifindex, groups[n]);
	return n;
}
