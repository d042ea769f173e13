#ifndef TESTS_CONTROL_PARITY_FRR_OPS_H
#define TESTS_CONTROL_PARITY_FRR_OPS_H

/*
 * Random words for staticd and zebra: static routes with gateways, devices, several ways out, other
 * tables and gateways that are themselves behind a route; addresses and links. Every route of FRR has
 * metric 20 in the kernel. A route never leads over itself: zebra and staticd would take it in and
 * out without end.
 */

#include "parity_frr.h"
#include "parity_random.h"

static struct frr frr;

#define FRR_BEHIND "20.9.0." /* where gateways are behind a route; no other route leads there */
#define FRR_BEHIND6 "fd20:9::"

/* Few enough that "no" meets what is there. */
static inline void frr_way(bool ipv6, char *text, size_t size)
{
	unsigned net = pick(4), way = pick(8);

	if (way == 0)
		snprintf(text, size, "p%u", net);
	else if (way == 1)
		snprintf(text, size, "%s", pick(2) ? "Null0" : "reject");
	else if (way == 2)
		snprintf(text, size, "%s2", ipv6 ? FRR_BEHIND6 : FRR_BEHIND);
	else if (ipv6 && way < 5)
		snprintf(text, size, "fe80::%x p%u", 2 + pick(2), net);
	else if (way == 3)
		snprintf(text, size, "10.%u.0.%u p%u", net, 2 + pick(2), net);
	else
		snprintf(text, size, ipv6 ? "fd00:%x:%x::%x" : "10.%u.%u.%u", net, pick(2),
			 2 + pick(2));
}

static inline void frr_prefix(bool ipv6, char *text, size_t size)
{
	unsigned kind = pick(8);

	if (kind == 0)
		snprintf(text, size, "%s", ipv6 ? "::/0" : "0.0.0.0/0");
	else if (kind < 4)
		snprintf(text, size, ipv6 ? "fd20:%x::/32" : "20.%u.0.0/16", pick(3));
	else if (kind < 6)
		snprintf(text, size, ipv6 ? "fd20:%x:%x::/48" : "20.%u.%u.0/24", pick(3), pick(3));
	else
		snprintf(text, size, ipv6 ? "fd20:%x:%x::%x/128" : "20.%u.%u.%u/32", pick(3),
			 pick(3), pick(3));
}

static inline void frr_tail(char *text, size_t size)
{
	text[0] = '\0';
	if (pick(6) == 0)
		snprintf(text, size, " %u", 2 + pick(2)); /* a distance: waits for the better one */
	else if (pick(5) == 0)
		snprintf(text, size, " table %u", (unsigned[]){ 100, 200, 10001 }[pick(3)]);
}

static inline void frr_op_route(bool ipv6)
{
	char to[48], way[48], tail[32];

	frr_prefix(ipv6, to, sizeof(to));
	frr_way(ipv6, way, sizeof(way));
	frr_tail(tail, sizeof(tail));
	if (pick(10) == 0) {
		snprintf(to, sizeof(to), "%s", ipv6 ? FRR_BEHIND6 "/64" : FRR_BEHIND "0/24");
		snprintf(way, sizeof(way), ipv6 ? "fd00:%x::%x" : "10.%u.0.%u", pick(4),
			 2 + pick(2));
	}
	frr_add(&frr, "%s%s route %s %s%s", pick(5) < 2 ? "no " : "", ipv6 ? "ipv6" : "ip", to, way,
		tail);
}

static inline void frr_op_link(bool ipv6)
{
	unsigned net = pick(4), sub = pick(2);
	const char *no = pick(3) ? "" : "no ";

	frr_add(&frr, "interface p%u", net);
	if (pick(4) == 0)
		frr_add(&frr, " %sshutdown", pick(3) ? "no " : "");
	else if (ipv6)
		frr_add(&frr, " %sipv6 address fd00:%x:%x::1/64", no, net, sub);
	else
		frr_add(&frr, " %sip address 10.%u.%u.1/24", no, net, sub);
	frr_add(&frr, "exit");
}

static inline void frr_op_any(bool ipv6)
{
	if (pick(12) == 0)
		frr_op_link(ipv6);
	else
		frr_op_route(ipv6);
}

#endif
