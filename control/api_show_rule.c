#include "control/api_show.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <linux/fib_rules.h>

#define MATCH_TEXT_MAX 384U

/* Words of ip(8), one behind the other; what does not fit is cut. */
struct words {
	char text[MATCH_TEXT_MAX];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void word_add(struct words *words, const char *format,
							   ...)
{
	va_list args;
	int n;

	if (words->len + 1 >= sizeof(words->text))
		return;
	va_start(args, format);
	n = vsnprintf(words->text + words->len, sizeof(words->text) - words->len, format, args);
	va_end(args);
	if (n > 0)
		words->len += (size_t)n;
}

static void prefix_add(struct words *words, const char *word, const struct ctl_addr *prefix,
		       uint8_t depth)
{
	char addr[INET6_ADDRSTRLEN] = "";

	if (depth != 0 && inet_ntop(prefix->family, prefix->bytes, addr, sizeof(addr)) != NULL)
		word_add(words, " %s %s/%u", word, addr, depth);
}

static void ports_add(struct words *words, const char *word, const struct ctl_nl_ports *ports)
{
	if (ports->max == 0)
		return;
	word_add(words, " %s %u", word, ports->min);
	if (ports->max != ports->min)
		word_add(words, "-%u", ports->max);
	else if (ports->mask != UINT16_MAX && ports->mask != 0)
		word_add(words, "/0x%x", ports->mask);
}

/* What concerns the packet itself. */
static void packet_add(struct words *words, const struct ctl_nl_rule *spec)
{
	prefix_add(words, "from", &spec->src, spec->src_depth);
	prefix_add(words, "to", &spec->dst, spec->dst_depth);
	if (spec->dscp_mask != 0)
		word_add(words, " dscp %u/0x%x", spec->dscp, spec->dscp_mask);
	if (spec->flow_label_mask != 0)
		word_add(words, " flowlabel 0x%x/0x%x", spec->flow_label, spec->flow_label_mask);
	if (spec->ip_proto != 0)
		word_add(words, " ipproto %u", spec->ip_proto);
	ports_add(words, "sport", &spec->src_port);
	ports_add(words, "dport", &spec->dst_port);
}

/* What concerns its way through the kernel. */
static void way_add(struct words *words, const struct ctl_nl_rule *spec)
{
	if (spec->iif[0] != '\0')
		word_add(words, " iif %s", spec->iif);
	if (spec->oif[0] != '\0')
		word_add(words, " oif %s", spec->oif);
	if (spec->mark_mask != 0)
		word_add(words, " fwmark 0x%x/0x%x", spec->mark, spec->mark_mask);
	if (spec->uid_min != 0 || spec->uid_max != UINT32_MAX)
		word_add(words, " uidrange %u-%u", spec->uid_min, spec->uid_max);
	if (spec->tun_id != 0)
		word_add(words, " tun_id");
	if (spec->l3mdev)
		word_add(words, " l3mdev");
	if (spec->unknown)
		word_add(words, " (unknown)");
}

static const char *match_text(struct words *words, const struct ctl_nl_rule *spec)
{
	words->len = 0;
	words->text[0] = '\0';
	if (spec->invert)
		word_add(words, " not");
	packet_add(words, spec);
	way_add(words, spec);
	return words->len != 0 ? words->text + 1 : "all";
}

static const char *action_text(struct words *words, const struct ctl_nl_rule *spec)
{
	words->len = 0;
	switch (spec->action) {
	case FR_ACT_TO_TBL:
		word_add(words, "lookup %u", spec->table);
		break;
	case FR_ACT_GOTO:
		word_add(words, "goto %u", spec->target);
		break;
	case FR_ACT_NOP:
		return "nop";
	case FR_ACT_BLACKHOLE:
		return "blackhole";
	case FR_ACT_UNREACHABLE:
		return "unreachable";
	case FR_ACT_PROHIBIT:
		return "prohibit";
	default:
		word_add(words, "action %u", spec->action);
	}
	if (spec->suppress_depth != -1)
		word_add(words, " suppress_prefixlength %d", spec->suppress_depth);
	if (spec->suppress_ifgroup != -1)
		word_add(words, " suppress_ifgroup %d", spec->suppress_ifgroup);
	return words->text;
}

/* What a walk carries. */
struct walk {
	const struct ctl_vr *vr;
	struct ctl_rows *rows;
};

static int show_rule(const struct ctl_mirror_rule *rule, void *arg)
{
	static const char *const uses[] = { [CTL_MIRROR_RULE_FOLLOWED] = "data path",
					    [CTL_MIRROR_RULE_NEVER] = "nobody",
					    [CTL_MIRROR_RULE_KERNEL] = "kernel" };
	const struct walk *walk = arg;
	struct words words;
	struct ctl_json row;

	if (!ctl_rows_want(walk->rows))
		return walk->rows->more;
	row = ctl_rows_add(walk->rows);
	ctl_json_text(row, "router", walk->vr->conf->config.name);
	ctl_json_text(row, "family", rule->spec.family == AF_INET6 ? "IPv6" : "IPv4");
	ctl_json_u64(row, "priority", rule->spec.priority);
	ctl_json_text(row, "match", match_text(&words, &rule->spec));
	ctl_json_text(row, "action", action_text(&words, &rule->spec));
	ctl_json_text(row, "handled_by", uses[rule->use]);
	return 0;
}

void ctl_show_rules(const struct ctl_api_view *view, const struct ctl_vr *vr, struct ctl_rows *rows)
{
	struct walk walk = { vr, rows };

	(void)view;
	(void)ctl_mirror_walk_rules(vr->mirror, show_rule, &walk);
}
