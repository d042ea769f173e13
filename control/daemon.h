#ifndef CONTROL_DAEMON_H
#define CONTROL_DAEMON_H

/**
 * @file
 * The running daemon: everything that is started for a configuration, in order, and its reverse.
 * Control thread only.
 */

#include "control/api_show.h"
#include "control/conf.h"
#include "control/vr.h"
#include "dataplane/dp.h"

struct ctl_loop;
struct ctl_api_server;
struct ctl_carrier;
struct ctl_reload;
struct ctl_vfs;
struct event;

/** What runs. */
struct ctl_daemon {
	const char *path; /* of the configuration */
	struct ctl_conf *conf;
	struct ctl_loop *loop;
	struct ctl_api_server *server;
	struct ctl_carrier *carrier;
	struct ctl_vfs *vfs;
	struct ctl_reload *reload;
	bool reload_again;	    /* when the one that runs is complete */
	struct event *device_event; /* a device told something by interrupt */
	struct ctl_vrs vrs;
	struct ctl_api_view view;
	/* every router's first synchronisation is done, no reload runs, and the manager was told */
	bool ready;
};

/**
 * Starts everything: socket, data plane, routers. Returns when the routers forward; their mirrors
 * complete in ctl_daemon_run().
 *
 * @param path of the file that a reload reads; outlives the daemon
 * @param conf what it said, checked; outlives the daemon, whose reloads replace what is in it
 * @return 0, or -errno with a sentence in why; then nothing is left behind
 */
int ctl_daemon_start(struct ctl_daemon *daemon, const char *path, struct ctl_conf *conf,
		     struct dp_why *why);

/** Serves until SIGINT or SIGTERM. @return 0 or -errno */
int ctl_daemon_run(struct ctl_daemon *daemon);

/** Ends everything, in reverse order. */
void ctl_daemon_stop(struct ctl_daemon *daemon);

#endif
