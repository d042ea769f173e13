#include "bench/perf/port.h"

#include "bench/perf/netns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Among what a device's name is the only one. */
enum space { SPACE_MEMIF, SPACE_DPDK, SPACE_INTERFACE, SPACE_UDP };

struct port_kind {
	const char *prefix;
	int (*open)(struct perf_port *port, const char *text, const struct perf_port_env *env,
		    struct perf_error *error);
	enum space space;
};

static const struct port_kind kinds[] = {
	{ "memif:", perf_port_open_memif, SPACE_MEMIF },
	{ "dpdk:", perf_port_open_dpdk, SPACE_DPDK },
	{ "packet:", perf_port_open_packet, SPACE_INTERFACE },
	{ "raw:", perf_port_open_packet, SPACE_INTERFACE },
	{ "udp:", perf_port_open_udp, SPACE_UDP },
};

static const struct port_kind *find_kind(const char *text)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strncmp(text, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
			return &kinds[i];
	return NULL;
}

bool perf_port_is_dpdk(const char *text)
{
	const struct port_kind *kind = find_kind(text);

	return kind && (kind->space == SPACE_MEMIF || kind->space == SPACE_DPDK);
}

static bool texts_are_same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

bool perf_port_is_same(const char *a, const char *netns_a, const char *b, const char *netns_b)
{
	const struct port_kind *kind = find_kind(a), *other = find_kind(b);
	size_t name_bytes;

	if (!kind || !other || kind->space != other->space)
		return false;
	a += strlen(kind->prefix);
	b += strlen(other->prefix);
	if (kind->space == SPACE_MEMIF)
		return perf_port_memif_is_same(a, b);
	/* DPDK's names are those of the process */
	if (kind->space != SPACE_DPDK && !texts_are_same(netns_a, netns_b))
		return false;
	name_bytes = strcspn(a, ",");
	return name_bytes == strcspn(b, ",") && memcmp(a, b, name_bytes) == 0;
}

int perf_port_open(struct perf_port **port, const char *text, const struct perf_port_env *env,
		   struct perf_error *error)
{
	const struct port_kind *kind = find_kind(text);
	struct perf_port *opened;
	int back, err;

	if (!kind)
		return perf_error_set(
			error, -EINVAL,
			"port '%s': expected memif:ROLE,PATH,ID, dpdk:DEVARGS, packet:IF, "
			"raw:IF or udp:ADDRESS:PORT",
			text);
	opened = calloc(1, sizeof(*opened));
	if (!opened)
		return perf_error_set(error, -ENOMEM, "port '%s': out of memory", text);
	(void)snprintf(opened->name, sizeof(opened->name), "%s", text);
	err = perf_netns_enter(env->netns, &back, error);
	if (err)
		goto fail;
	err = kind->open(opened, text + strlen(kind->prefix), env, error);
	perf_netns_leave(back);
	if (err)
		goto fail;
	*port = opened;
	return 0;
fail:
	free(opened);
	return err;
}

int perf_port_wait(struct perf_port *port, uint64_t wait_ns, struct perf_error *error)
{
	return port->ops->wait ? port->ops->wait(port, wait_ns, error) : 0;
}

void perf_port_close(struct perf_port *port)
{
	if (!port)
		return;
	port->ops->destroy(port);
	free(port);
}
