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
static inline void frr_way(char *text, size_t size)
{
	unsigned net = pick(4);

	switch (pick(8)) {
	case 0:
		snprintf(text, size, "p%u", net);
		return;
	case 1:
		snprintf(text, size, "%s", pick(2) ? "Null0" : "reject");
		return;
	case 2:
		snprintf(text, size, FRR_BEHIND "2");
		return;
	case 3:
		snprintf(text, size, "10.%u.0.%u p%u", net, 2 + pick(2), net);
		return;
	default:
		snprintf(text, size, "10.%u.%u.%u", net, pick(2), 2 + pick(2));
	}
}

static inline void frr_prefix(char *text, size_t size)
{
	switch (pick(8)) {
	case 0:
		snprintf(text, size, "0.0.0.0/0");
		return;
	case 1:
	case 2:
	case 3:
		snprintf(text, size, "20.%u.0.0/16", pick(3));
		return;
	case 4:
	case 5:
		snprintf(text, size, "20.%u.%u.0/24", pick(3), pick(3));
		return;
	default:
		snprintf(text, size, "20.%u.%u.%u/32", pick(3), pick(3), pick(3));
	}
}

static inline void frr_tail(char *text, size_t size)
{
	text[0] = '\0';
	if (pick(6) == 0)
		snprintf(text, size, " %u", 2 + pick(2)); /* a distance: waits for the better one */
	else if (pick(5) == 0)
		snprintf(text, size, " table %u", (unsigned[]){ 100, 200, 10001 }[pick(3)]);
}

static inline void frr_op_route(void)
{
	char to[32], way[48], tail[32];

	frr_prefix(to, sizeof(to));
	frr_way(way, sizeof(way));
	frr_tail(tail, sizeof(tail));
	if (pick(10) == 0) {
		snprintf(to, sizeof(to), FRR_BEHIND "0/24");
		snprintf(way, sizeof(way), "10.%u.0.%u", pick(4), 2 + pick(2));
	}
	frr_add(&frr, "%sip route %s %s%s", pick(5) < 2 ? "no " : "", to, way, tail);
}

static inline void frr_prefix6(char *text, size_t size)
{
	switch (pick(8)) {
	case 0:
		snprintf(text, size, "::/0");
		return;
	case 1:
	case 2:
	case 3:
		snprintf(text, size, "fd20:%x::/32", pick(3));
		return;
	case 4:
	case 5:
		snprintf(text, size, "fd20:%x:%x::/48", pick(3), pick(3));
		return;
	default:
		snprintf(text, size, "fd20:%x:%x::%x/128", pick(3), pick(3), pick(3));
	}
}

static inline void frr_way6(char *text, size_t size)
{
	unsigned net = pick(4);

	switch (pick(8)) {
	case 0:
		snprintf(text, size, "p%u", net);
		return;
	case 1:
		snprintf(text, size, "%s", pick(2) ? "Null0" : "reject");
		return;
	case 2:
		snprintf(text, size, FRR_BEHIND6 "2");
		return;
	case 3:
	case 4:
		snprintf(text, size, "fe80::%x p%u", 2 + pick(2), net);
		return;
	default:
		snprintf(text, size, "fd00:%x:%x::%x", net, pick(2), 2 + pick(2));
	}
}

static inline void frr_op_route6(void)
{
	char to[48], way[48], tail[32];

	frr_prefix6(to, sizeof(to));
	frr_way6(way, sizeof(way));
	frr_tail(tail, sizeof(tail));
	if (pick(10) == 0) {
		snprintf(to, sizeof(to), FRR_BEHIND6 "/64");
		snprintf(way, sizeof(way), "fd00:%x::%x", pick(4), 2 + pick(2));
	}
	frr_add(&frr, "%sipv6 route %s %s%s", pick(5) < 2 ? "no " : "", to, way, tail);
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
	else if (ipv6)
		frr_op_route6();
	else
		frr_op_route();
}

#endif
