#include "control/api_show.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#define PREFIX_TEXT_MAX (INET6_ADDRSTRLEN + 4)

/* A number of netlink with its name. */
struct name {
	unsigned number;
	const char *name;
};

/* Protocols as FRR and iproute2 name them; FRR's own static routes count as static. */
static const struct name protocols[] = {
	{ RTPROT_REDIRECT, "redirect" },
	{ RTPROT_KERNEL, "kernel" },
	{ RTPROT_BOOT, "boot" },
	{ RTPROT_STATIC, "static" },
	{ RTPROT_RA, "ra" },
	{ RTPROT_ZEBRA, "zebra" },
	{ RTPROT_BIRD, "bird" },
	{ RTPROT_DHCP, "dhcp" },
	{ RTPROT_KEEPALIVED, "keepalived" },
	{ RTPROT_BABEL, "babel" },
	{ RTPROT_BGP, "bgp" },
	{ RTPROT_ISIS, "isis" },
	{ RTPROT_OSPF, "ospf" },
	{ RTPROT_RIP, "rip" },
	{ RTPROT_EIGRP, "eigrp" },
	{ 193, "ldp" },
	{ 194, "sharp" },
	{ 195, "pbr" },
	{ 196, "static" },
	{ 0, NULL },
};

static const struct name types[] = {
	{ RTN_UNICAST, "unicast" },
	{ RTN_LOCAL, "local" },
	{ RTN_BROADCAST, "broadcast" },
	{ RTN_ANYCAST, "anycast" },
	{ RTN_MULTICAST, "multicast" },
	{ RTN_BLACKHOLE, "blackhole" },
	{ RTN_UNREACHABLE, "unreachable" },
	{ RTN_PROHIBIT, "prohibit" },
	{ RTN_THROW, "throw" },
	{ 0, NULL },
};

static const struct name tables[] = {
	{ RT_TABLE_MAIN, "main" },
	{ RT_TABLE_LOCAL, "local" },
	{ RT_TABLE_DEFAULT, "default" },
	{ 0, NULL },
};

static const struct name neighbour_states[] = {
	{ NUD_INCOMPLETE, "incomplete" },
	{ NUD_REACHABLE, "reachable" },
	{ NUD_STALE, "stale" },
	{ NUD_DELAY, "delay" },
	{ NUD_PROBE, "probe" },
	{ NUD_FAILED, "failed" },
	{ NUD_NOARP, "noarp" },
	{ NUD_PERMANENT, "permanent" },
	{ 0, "none" },
	{ 0, NULL },
};

/* A number without a name is shown as a number. */
static void show_name(struct ctl_json json, const char *key, const struct name *names,
		      unsigned number)
{
	char text[16];

	for (; names->name != NULL; names++) {
		if (names->number != number)
			continue;
		ctl_json_text(json, key, names->name);
		return;
	}
	(void)snprintf(text, sizeof(text), "%u", number);
	ctl_json_text(json, key, text);
}

static void show_addr(struct ctl_json json, const char *key, const struct ctl_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	if (ctl_addr_len(addr->family) != 0 &&
	    inet_ntop(addr->family, addr->bytes, text, sizeof(text)) != NULL)
		ctl_json_text(json, key, text);
	else
		ctl_json_null(json, key);
}

static void show_path(struct ctl_json json, const struct ctl_mirror_path *path)
{
	show_addr(json, "gateway", &path->gateway);
	ctl_json_text(json, "port", path->port);
	ctl_json_bool(json, "is_port", path->is_port);
	ctl_json_bool(json, "usable", path->usable);
	if (path->resolved)
		ctl_json_mac(json, "mac", path->mac);
	else
		ctl_json_null(json, "mac");
	ctl_json_u64(json, "weight", path->weight);
}

/* What a walk carries. */
struct walk {
	const struct ctl_vr *vr;
	struct ctl_rows *rows;
	const struct ctl_mirror_route
		*from; /* NULL: all; else rows before this one are not wanted */
};

/* "ROUTER TABLE ADDRESS/DEPTH PLACE": the place is that among routes of one prefix. */
static bool key_parse(const char *key, char router[DP_NAME_MAX], struct ctl_mirror_route *route)
{
	char text[CTL_ROWS_KEY_MAX];
	char *table, *addr, *depth, *place, *end = NULL;
	char *rest = text;
	unsigned long bits, id;
	uint8_t family;

	if (snprintf(text, sizeof(text), "%s", key) >= (int)sizeof(text))
		return false;
	if (snprintf(router, DP_NAME_MAX, "%s", strsep(&rest, " ")) >= DP_NAME_MAX)
		return false;
	table = strsep(&rest, " ");
	addr = strsep(&rest, "/");
	depth = strsep(&rest, " ");
	place = rest;
	if (table == NULL || addr == NULL || depth == NULL || place == NULL)
		return false;
	family = strchr(addr, ':') != NULL ? AF_INET6 : AF_INET;
	route->prefix = (struct ctl_addr){ .family = family };
	if (inet_pton(family, addr, route->prefix.bytes) != 1)
		return false;
	errno = 0;
	bits = strtoul(depth, &end, 10);
	if (errno != 0 || *end != '\0' || strlen(depth) > 3 || bits > ctl_addr_bits(family))
		return false;
	id = strtoul(table, &end, 10);
	if (errno != 0 || *end != '\0' || end == table || id > UINT32_MAX)
		return false;
	route->table = (uint32_t)id;
	route->depth = (uint8_t)bits;
	route->place = (unsigned)strtoul(place, &end, 10);
	return errno == 0 && *end == '\0' && end != place;
}

bool ctl_show_routes_key_check(const char *key)
{
	struct ctl_mirror_route route;
	char router[DP_NAME_MAX];

	return key_parse(key, router, &route);
}

static void prefix_text(const struct ctl_mirror_route *route, char text[PREFIX_TEXT_MAX])
{
	char addr[INET6_ADDRSTRLEN] = "";

	if (inet_ntop(route->prefix.family, route->prefix.bytes, addr, sizeof(addr)) == NULL)
		addr[0] = '\0';
	(void)snprintf(text, PREFIX_TEXT_MAX, "%s/%u", addr, route->depth);
}

static bool is_before(const struct ctl_mirror_route *route, const struct ctl_mirror_route *from)
{
	return from != NULL && route->table == from->table &&
	       ctl_addr_equal(&route->prefix, &from->prefix) && route->depth == from->depth &&
	       route->place < from->place;
}

static int show_route(const struct ctl_mirror_route *route, void *arg)
{
	const struct walk *walk = arg;
	char prefix[PREFIX_TEXT_MAX];
	struct ctl_json row, paths;

	if (is_before(route, walk->from))
		return 0;
	prefix_text(route, prefix);
	if (!ctl_rows_want(walk->rows)) {
		if (walk->rows->more)
			(void)snprintf(walk->rows->next_key, sizeof(walk->rows->next_key),
				       "%s %u %s %u", walk->vr->conf->config.name, route->table,
				       prefix, route->place);
		return walk->rows->more;
	}
	row = ctl_rows_add(walk->rows);
	ctl_json_text(row, "router", walk->vr->conf->config.name);
	ctl_json_text(row, "prefix", prefix);
	show_name(row, "protocol", protocols, route->protocol);
	show_name(row, "type", types, route->type);
	show_name(row, "table", tables, route->table);
	ctl_json_u64(row, "metric", route->metric);
	if (route->nexthop_id != 0)
		ctl_json_u64(row, "nexthop_id", route->nexthop_id);
	else
		ctl_json_null(row, "nexthop_id");
	ctl_json_bool(row, "active", route->active);
	paths = ctl_json_array(row, "paths");
	for (unsigned i = 0; i < route->n_paths; i++)
		show_path(ctl_json_element(paths), &route->paths[i]);
	return 0;
}

void ctl_show_routes(const struct ctl_api_view *view, const struct ctl_vr *vr,
		     struct ctl_rows *rows)
{
	struct walk walk = { vr, rows, NULL };
	struct ctl_mirror_route from;
	char router[DP_NAME_MAX];

	(void)view;
	/* The routers before the one that the key names have been shown. */
	if (rows->key != NULL && key_parse(rows->key, router, &from)) {
		if (strcmp(router, vr->conf->config.name) != 0)
			return;
		walk.from = &from;
		rows->key = NULL;
	}
	(void)ctl_mirror_walk_routes(vr->mirror, walk.from, show_route, &walk);
}

static int show_neighbour(const struct ctl_mirror_neighbour *neighbour, void *arg)
{
	static const uint8_t no_mac[6] = { 0 };
	const struct walk *walk = arg;
	struct ctl_json row;

	if (!ctl_rows_want(walk->rows))
		return walk->rows->more;
	row = ctl_rows_add(walk->rows);
	ctl_json_text(row, "router", walk->vr->conf->config.name);
	show_addr(row, "address", &neighbour->addr);
	ctl_json_text(row, "port", neighbour->port);
	ctl_json_bool(row, "is_port", neighbour->is_port);
	if (memcmp(neighbour->mac, no_mac, sizeof(no_mac)) != 0)
		ctl_json_mac(row, "mac", neighbour->mac);
	else
		ctl_json_null(row, "mac");
	show_name(row, "state", neighbour_states, neighbour->state);
	ctl_json_bool(row, "resolved", neighbour->resolved);
	ctl_json_bool(row, "gateway", neighbour->gateway);
	return 0;
}

void ctl_show_neighbours(const struct ctl_api_view *view, const struct ctl_vr *vr,
			 struct ctl_rows *rows)
{
	struct walk walk = { vr, rows, NULL };

	(void)view;
	(void)ctl_mirror_walk_neighbours(vr->mirror, show_neighbour, &walk);
}
