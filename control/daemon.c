#include "control/daemon.h"

#include "control/api.h"
#include "control/log.h"
#include "control/loop.h"
#include "control/mirror/ctl_carrier.h"
#include "control/notify.h"
#include "control/preflight.h"
#include "control/reload.h"
#include "control/vf/ctl_vfs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#define TICK_MS 10
#define LINKS_MS 1 /* a NIC that lost its carrier is found out within this */
#define SAMPLE_MS 1000
#define NS_PER_S 1000000000ULL

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void manager_tell(const char *state)
{
	int err = ctl_notify(state);

	if (err != 0)
		ctl_log(CTL_LOG_WARNING, "daemon", "the service manager could not be told: %s",
			strerror(-err));
}

static void ready_check(struct ctl_daemon *daemon)
{
	if (daemon->ready || daemon->reload->running)
		return;
	for (unsigned i = 0; i < daemon->vrs.n; i++)
		if (!ctl_vr_ready(daemon->vrs.items[i]))
			return;
	daemon->ready = true;
	ctl_log(CTL_LOG_INFO, "daemon", "ready; routers: %u", daemon->vrs.n);
	manager_tell("READY=1");
}

/* As sd_notify(3) asks of Type=notify-reload. */
static void reloading_tell(struct ctl_daemon *daemon)
{
	char state[64];

	if (!daemon->ready)
		return;
	daemon->ready = false;
	(void)snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		       monotonic_ns() / 1000);
	manager_tell(state);
}

/* @return as ctl_reload_begin() */
static int reload_begin(void *arg, struct dp_why *why)
{
	struct ctl_daemon *daemon = arg;
	int err;

	if (!daemon->reload->running)
		reloading_tell(daemon);
	err = ctl_reload_begin(daemon->reload, daemon->path, why);
	ready_check(daemon);
	return err;
}

static void on_hup(void *arg)
{
	struct ctl_daemon *daemon = arg;
	struct dp_why why = { "" };

	/* the file may have changed since the one that runs has read it */
	daemon->reload_again = daemon->reload->running;
	if (!daemon->reload_again && reload_begin(daemon, &why) != 0)
		ctl_log(CTL_LOG_ERROR, "reload", "nothing has changed");
}

static void on_reloaded(void *arg)
{
	struct ctl_daemon *daemon = arg;

	if (daemon->reload_again)
		on_hup(daemon);
	ready_check(daemon);
}

static void on_tick(void *arg)
{
	struct ctl_daemon *daemon = arg;

	dp_reclaim();
	for (unsigned i = 0; i < daemon->vrs.n; i++)
		ctl_vr_poll(daemon->vrs.items[i]);
	ready_check(daemon);
}

static void on_links(void *arg)
{
	const struct ctl_daemon *daemon = arg;

	for (unsigned i = 0; i < daemon->vrs.n; i++)
		ctl_vr_poll_links(daemon->vrs.items[i]);
}

static void on_sample(void *arg)
{
	struct ctl_daemon *daemon = arg;
	uint64_t now_ns = monotonic_ns();

	for (unsigned i = 0; i < daemon->vrs.n; i++) {
		ctl_vr_sample(daemon->vrs.items[i], now_ns);
		ctl_vr_check_netns(daemon->vrs.items[i]);
		ctl_vr_retry_devices(daemon->vrs.items[i], daemon->vfs);
		dp_ports_follow_groups(daemon->vrs.items[i]->dp);
	}
}

static void on_device(evutil_socket_t fd, short what, void *arg)
{
	struct ctl_daemon *daemon = arg;

	(void)fd;
	(void)what;
	for (unsigned i = 0; i < daemon->vrs.n; i++)
		ctl_vr_poll(daemon->vrs.items[i]);
}

static int device_watch(struct ctl_daemon *daemon, struct dp_why *why)
{
	daemon->device_event = event_new(ctl_loop_base(daemon->loop), dp_event_fd(),
					 EV_READ | EV_PERSIST, on_device, daemon);
	if (daemon->device_event != NULL && event_add(daemon->device_event, NULL) == 0)
		return 0;
	(void)snprintf(why->text, sizeof(why->text), "no memory to watch devices");
	return -ENOMEM;
}

static int timers_add(struct ctl_daemon *daemon, struct dp_why *why)
{
	int err = ctl_loop_timer_add(daemon->loop, TICK_MS, on_tick, daemon);

	if (err == 0)
		err = ctl_loop_timer_add(daemon->loop, LINKS_MS, on_links, daemon);
	if (err == 0)
		err = ctl_loop_timer_add(daemon->loop, SAMPLE_MS, on_sample, daemon);
	if (err != 0)
		(void)snprintf(why->text, sizeof(why->text), "timers cannot be set: %s",
			       strerror(-err));
	return err;
}

static int loop_start(struct ctl_daemon *daemon, struct dp_why *why)
{
	daemon->loop = ctl_loop_create(on_hup, daemon);
	if (daemon->loop != NULL)
		return 0;
	(void)snprintf(why->text, sizeof(why->text), "the event loop cannot be made");
	return -ENOMEM;
}

static int server_start(struct ctl_daemon *daemon, struct dp_why *why)
{
	struct ctl_api_server_params params = {
		.base = ctl_loop_base(daemon->loop),
		.path = daemon->conf->control.socket,
		.methods = ctl_api_show_methods,
		.arg = &daemon->view,
		.clients_max = CTL_API_CLIENTS_MAX,
		.idle_s = CTL_API_IDLE_S,
	};

	daemon->view = (struct ctl_api_view){ .conf = daemon->conf,
					      .vrs = &daemon->vrs,
					      .reload = daemon->reload,
					      .reload_begin = reload_begin,
					      .reload_arg = daemon };
	return ctl_api_server_create(&params, &daemon->server, why);
}

static bool conf_has_pci(const struct ctl_conf *conf)
{
	for (unsigned i = 0; i < conf->n_routers; i++)
		for (unsigned j = 0; j < conf->routers[i].config.n_ports; j++)
			if (conf->routers[i].config.ports[j].pci_address[0] != '\0')
				return true;
	return false;
}

static int dp_start(const struct ctl_conf *conf, struct dp_why *why)
{
	const char *pci[DP_ROUTERS_MAX * DP_ROUTER_PORTS_MAX];
	char name[32];
	struct dp_params params = {
		.control_core = conf->control.core,
		.name = name,
		.pci_allow = pci,
	};

	(void)snprintf(name, sizeof(name), "sluice%d", (int)getpid());
	for (unsigned i = 0; i < conf->n_routers; i++) {
		const struct dp_router_config *config = &conf->routers[i].config;

		params.pool_bytes += dp_router_memory_bytes(config);
		for (unsigned j = 0; j < config->n_ports; j++)
			if (config->ports[j].pci_address[0] != '\0')
				pci[params.n_pci_allow++] = config->ports[j].pci_address;
	}
	params.needs_pci = conf_has_pci(conf);
	return dp_init(&params, why);
}

static void routers_stop(struct ctl_daemon *daemon)
{
	while (daemon->vrs.n > 0)
		ctl_vr_destroy(daemon->vrs.items[--daemon->vrs.n]);
}

static int routers_start(struct ctl_daemon *daemon, struct dp_why *why)
{
	for (unsigned i = 0; i < daemon->conf->n_routers; i++) {
		const struct ctl_conf_router *router = &daemon->conf->routers[i];
		int err = ctl_vr_core_prepare(daemon->conf, router->config.core, why);

		if (err == 0)
			err = ctl_vr_create(router, ctl_loop_base(daemon->loop), daemon->carrier,
					    &daemon->vrs.items[i], why);
		if (err != 0) {
			routers_stop(daemon);
			return err;
		}
		daemon->vrs.n++;
	}
	return 0;
}

/* What needs nothing but memory. */
static int parts_make(struct ctl_daemon *daemon, struct dp_why *why)
{
	daemon->reload = calloc(1, sizeof(*daemon->reload));
	daemon->vfs = ctl_vfs_create();
	if (daemon->reload != NULL && daemon->vfs != NULL)
		return loop_start(daemon, why);
	(void)snprintf(why->text, sizeof(why->text), "out of memory");
	return -ENOMEM;
}

static void parts_free(struct ctl_daemon *daemon)
{
	if (daemon->reload != NULL)
		ctl_reload_fini(daemon->reload);
	free(daemon->reload);
	if (daemon->vfs != NULL)
		ctl_vfs_close(daemon->vfs);
	ctl_loop_destroy(daemon->loop);
}

static void reload_allow(struct ctl_daemon *daemon)
{
	daemon->reload->site = (struct ctl_reload_site){
		.conf = daemon->conf,
		.vrs = &daemon->vrs,
		.base = ctl_loop_base(daemon->loop),
		.carrier = daemon->carrier,
		.vfs = daemon->vfs,
		.has_pci = conf_has_pci(daemon->conf),
		.ended = on_reloaded,
		.arg = daemon,
	};
}

int ctl_daemon_start(struct ctl_daemon *daemon, const char *path, struct ctl_conf *conf,
		     struct dp_why *why)
{
	int err;

	*daemon = (struct ctl_daemon){ .conf = conf, .path = path };
	err = ctl_preflight(why);
	if (err != 0)
		return err;
	err = parts_make(daemon, why);
	if (err != 0)
		goto parts;
	/* The socket comes before anything else is touched: it shows that no other daemon runs. */
	err = server_start(daemon, why);
	if (err != 0)
		goto parts;
	err = ctl_vfs_add(daemon->vfs, conf, why);
	if (err == 0)
		err = dp_start(conf, why);
	if (err != 0)
		goto server;
	err = ctl_carrier_create(ctl_loop_base(daemon->loop), &daemon->carrier, why);
	if (err != 0)
		goto dp;
	err = routers_start(daemon, why);
	if (err != 0)
		goto carrier;
	err = device_watch(daemon, why);
	if (err == 0)
		err = timers_add(daemon, why);
	if (err != 0)
		goto event;
	reload_allow(daemon);
	/* said last: a start that fails says one sentence */
	if (!dp_has_hugepages())
		ctl_log(CTL_LOG_WARNING, "daemon",
			"no hugepages: packet memory is in ordinary pages");
	return 0;
event:
	if (daemon->device_event != NULL)
		event_free(daemon->device_event);
	routers_stop(daemon);
carrier:
	ctl_carrier_destroy(daemon->carrier);
dp:
	dp_fini();
server:
	ctl_api_server_destroy(daemon->server);
parts:
	parts_free(daemon);
	return err;
}

int ctl_daemon_run(struct ctl_daemon *daemon)
{
	return ctl_loop_run(daemon->loop);
}

void ctl_daemon_stop(struct ctl_daemon *daemon)
{
	(void)ctl_notify("STOPPING=1");
	ctl_api_server_destroy(daemon->server);
	event_free(daemon->device_event);
	routers_stop(daemon);
	ctl_carrier_destroy(daemon->carrier);
	dp_fini();
	parts_free(daemon);
}
