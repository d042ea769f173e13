#include "control/conf_match.h"

#include "control/conf_dscp.h"
#include "control/conf_value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_KEYS(table) (sizeof(table) / sizeof((table)[0]))
#define WORD_MAX 64

static const struct {
	const char *name;
	uint16_t number;
} protocols[] = {
	{ "icmp", IPPROTO_ICMP }, { "tcp", IPPROTO_TCP },   { "udp", IPPROTO_UDP },
	{ "gre", IPPROTO_GRE },	  { "esp", IPPROTO_ESP },   { "ospf", 89 },
	{ "sctp", IPPROTO_SCTP }, { "dccp", IPPROTO_DCCP }, { "udplite", IPPROTO_UDPLITE },
};

/* A string as it is, a number in digits. */
static void word_text(const config_setting_t *setting, char text[WORD_MAX])
{
	if (config_setting_type(setting) == CONFIG_TYPE_STRING)
		(void)snprintf(text, WORD_MAX, "%s", config_setting_get_string(setting));
	else
		(void)snprintf(text, WORD_MAX, "%lld", config_setting_get_int64(setting));
}

static bool word_error(struct ctl_loader *loader, const config_setting_t *setting, const char *what)
{
	char text[WORD_MAX];

	word_text(setting, text);
	ctl_errors_add(loader->errors, ctl_loader_src(loader, setting), "%s \"%s\" %s",
		       config_setting_name(setting), text, what);
	return false;
}

/* Digits alone, at most max; *rest is what follows them. */
static bool number_parse(const char *text, unsigned max, unsigned *number, const char **rest)
{
	unsigned long value;
	char *end = NULL;

	if (!isdigit((unsigned char)text[0]))
		return false;
	value = strtoul(text, &end, 10);
	*number = (unsigned)value;
	*rest = end;
	return value <= max;
}

static bool match_dscp_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct dp_class_match *match = object;
	char text[WORD_MAX];
	const char *word = text;
	uint64_t mask = 0;

	word_text(setting, text);
	for (;;) {
		size_t len = strcspn(word, ",");
		uint8_t dscp = 0;

		if (ctl_dscp_parse(word, len, &dscp) != 0)
			return word_error(
				loader, setting,
				"is not a DSCP; write names such as \"ef\" or \"af11,af12\", or "
				"numbers from 0 to 63");
		mask |= 1ULL << dscp;
		if (word[len] == '\0')
			break;
		word += len + 1;
	}
	match->dscp_mask = mask;
	return true;
}

bool ctl_match_prefix(struct ctl_loader *loader, const config_setting_t *setting, uint32_t *prefix,
		      uint8_t *depth)
{
	const char *value = config_setting_get_string(setting), *rest = "";
	size_t len = strcspn(value, "/");
	char address[INET_ADDRSTRLEN];
	struct in_addr in = { 0 };
	unsigned bits = 32;

	if (len < sizeof(address)) {
		memcpy(address, value, len);
		address[len] = '\0';
	}
	if (len >= sizeof(address) || inet_pton(AF_INET, address, &in) != 1 ||
	    (value[len] == '/' &&
	     (!number_parse(value + len + 1, 32, &bits, &rest) || *rest != '\0'))) {
		ctl_value_error(loader, setting, "is not an IPv4 prefix",
				"write for example \"198.18.0.0/16\"");
		return false;
	}
	*prefix = ntohl(in.s_addr);
	*depth = (uint8_t)bits;
	if (bits == 32 || *prefix << bits == 0)
		return true;
	in.s_addr = bits == 0 ? 0 : htonl(*prefix & ~0U << (32 - bits));
	(void)inet_ntop(AF_INET, &in, address, sizeof(address));
	ctl_errors_add(loader->errors, ctl_loader_src(loader, setting),
		       "%s \"%s\" has bits behind its length; write \"%s/%u\"",
		       config_setting_name(setting), value, address, bits);
	return false;
}

static bool match_src_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct dp_class_match *match = object;

	return ctl_match_prefix(loader, setting, &match->src, &match->src_depth);
}

static bool match_dst_set(struct ctl_loader *loader, const config_setting_t *setting, void *object)
{
	struct dp_class_match *match = object;

	return ctl_match_prefix(loader, setting, &match->dst, &match->dst_depth);
}

static bool match_protocol_set(struct ctl_loader *loader, const config_setting_t *setting,
			       void *object)
{
	struct dp_class_match *match = object;
	const char *rest = "";
	char text[WORD_MAX];
	unsigned number = 0;

	word_text(setting, text);
	for (unsigned i = 0; i < N_KEYS(protocols); i++) {
		if (strcmp(protocols[i].name, text) != 0)
			continue;
		match->protocol = protocols[i].number;
		return true;
	}
	if (!number_parse(text, 255, &number, &rest) || *rest != '\0')
		return word_error(loader, setting,
				  "is not a protocol; write \"tcp\", \"udp\", \"icmp\", \"sctp\", "
				  "\"dccp\", \"udplite\", \"gre\", \"esp\", \"ospf\" or 0 to 255");
	match->protocol = (uint16_t)number;
	return true;
}

static bool range_set(struct ctl_loader *loader, const config_setting_t *setting,
		      struct dp_port_range *range)
{
	const char *rest = "";
	unsigned min = 0, max;
	char text[WORD_MAX];

	word_text(setting, text);
	if (!number_parse(text, UINT16_MAX, &min, &rest))
		goto bad;
	max = min;
	if (*rest == '-' && !number_parse(rest + 1, UINT16_MAX, &max, &rest))
		goto bad;
	if (*rest != '\0' || max < min)
		goto bad;
	*range = (struct dp_port_range){ true, (uint16_t)min, (uint16_t)max };
	return true;
bad:
	return word_error(loader, setting,
			  "is not a port or a range; write 0 to 65535, or \"5000-5999\" with the "
			  "smaller one first");
}

static bool match_src_port_set(struct ctl_loader *loader, const config_setting_t *setting,
			       void *object)
{
	return range_set(loader, setting, &((struct dp_class_match *)object)->src_port);
}

static bool match_dst_port_set(struct ctl_loader *loader, const config_setting_t *setting,
			       void *object)
{
	return range_set(loader, setting, &((struct dp_class_match *)object)->dst_port);
}

static const struct ctl_key match_keys[] = {
	[CTL_MATCH_DSCP] = { "dscp", CTL_KEY_WORD, false, "dscp = \"af11,af12,af13\";",
			     match_dscp_set },
	[CTL_MATCH_SRC] = { "src", CTL_KEY_STRING, false, "src = \"198.18.0.0/16\";",
			    match_src_set },
	[CTL_MATCH_DST] = { "dst", CTL_KEY_STRING, false, "dst = \"198.18.0.0/16\";",
			    match_dst_set },
	[CTL_MATCH_PROTOCOL] = { "protocol", CTL_KEY_WORD, false, "protocol = \"udp\";",
				 match_protocol_set },
	[CTL_MATCH_SRC_PORT] = { "src_port", CTL_KEY_WORD, false, "src_port = 53;",
				 match_src_port_set },
	[CTL_MATCH_DST_PORT] = { "dst_port", CTL_KEY_WORD, false, "dst_port = \"5000-5999\";",
				 match_dst_port_set },
};
const struct ctl_group ctl_group_match = { "a match", match_keys, N_KEYS(match_keys) };
