#ifndef CONTROL_CONF_H
#define CONTROL_CONF_H

/**
 * @file
 * A whole configuration as plain values, each with the line that it came from.
 *
 * Life of a configuration: ctl_conf_load() (file to values, form of every setting),
 * ctl_conf_check() (sense of the whole, names resolved, host asked), then read only.
 * Both add every error they find and go on; neither changes anything outside the process.
 * Control thread only.
 */

#include "control/conf_units.h"
#include "control/errors.h"
#include "dataplane/dp_config.h"

#include <stdbool.h>
#include <stdint.h>

#define CTL_SOCKET_PATH_MAX 108 /**< bytes with the final NUL: sun_path of unix(7) */
#define CTL_PATH_MAX 256	/**< path of a file, bytes with the final NUL */
#define CTL_HOPS_MAX 16		/**< routers of one path */
#define CTL_QUANTITY_MAX 32	/**< a quantity as written, bytes with the final NUL */
#define CTL_CALIBRATION_PATH "/var/lib/sluice/calibration"
#define CTL_CORE_MAX 1023		/**< highest CPU number: CPU_SETSIZE - 1 */
#define CTL_MTU_DEFAULT 1500		/**< bytes of IP packet */
#define CTL_DELAY_MIN_NS 1000ULL	/**< smallest delay bound, 1 us */
#define CTL_DELAY_MAX_NS 10000000000ULL /**< largest delay bound: end of the latency histogram */

/* Keys of each group: places in struct ctl_group.keys and in the array "at" of an object. */
enum ctl_root_key {
	CTL_ROOT_CONTROL,
	CTL_ROOT_SLAS,
	CTL_ROOT_LINKS,
	CTL_ROOT_ROUTERS,
	CTL_ROOT_CORES,
	CTL_ROOT_PATHS,
	CTL_ROOT_KEYS
};
enum ctl_control_key {
	CTL_CONTROL_CORE,
	CTL_CONTROL_SOCKET,
	CTL_CONTROL_CALIBRATION,
	CTL_CONTROL_ADMISSION,
	CTL_CONTROL_KEYS
};
enum ctl_link_key { CTL_LINK_NAME, CTL_LINK_RATE, CTL_LINK_KEYS };
enum ctl_path_key { CTL_PATH_NAME, CTL_PATH_ROUTERS, CTL_PATH_DELAY, CTL_PATH_KEYS };
enum ctl_sla_key {
	CTL_SLA_NAME,
	CTL_SLA_RATE,
	CTL_SLA_BURST,
	CTL_SLA_LAYER,
	CTL_SLA_DELAY,
	CTL_SLA_KIND,
	CTL_SLA_EXCESS_RATE,
	CTL_SLA_EXCESS_BURST,
	CTL_SLA_PEAK_RATE,
	CTL_SLA_PEAK_BURST,
	CTL_SLA_COLOUR_AWARE,
	CTL_SLA_GREEN,
	CTL_SLA_YELLOW,
	CTL_SLA_RED,
	CTL_SLA_KEYS
};
enum ctl_core_key { CTL_CORE_CORE, CTL_CORE_SCHEDULER, CTL_CORE_SLICE, CTL_CORE_KEYS };
enum ctl_router_key {
	CTL_ROUTER_NAME,
	CTL_ROUTER_NETNS,
	CTL_ROUTER_CORE,
	CTL_ROUTER_SHARE,
	CTL_ROUTER_POLICE_AT,
	CTL_ROUTER_BUFFERS,
	CTL_ROUTER_PORTS,
	CTL_ROUTER_CLASSES,
	CTL_ROUTER_PUNT,
	CTL_ROUTER_RESCUE,
	CTL_ROUTER_PROVISION,
	CTL_ROUTER_KEYS
};
enum ctl_port_key {
	CTL_PORT_NAME,
	CTL_PORT_DEVICE,
	CTL_PORT_MTU,
	CTL_PORT_POLICE,
	CTL_PORT_SHAPE,
	CTL_PORT_FLOWS,
	CTL_PORT_LINK,
	CTL_PORT_VLAN,
	CTL_PORT_VF,
	CTL_PORT_KEYS
};
enum ctl_vf_key {
	CTL_VF_MAC,
	CTL_VF_SPOOF_CHECK,
	CTL_VF_TRUST,
	CTL_VF_LINK,
	CTL_VF_RATE,
	CTL_VF_KEYS
};
enum ctl_class_key {
	CTL_CLASS_NAME,
	CTL_CLASS_MATCH,
	CTL_CLASS_POLICE,
	CTL_CLASS_LEVEL,
	CTL_CLASS_WEIGHT,
	CTL_CLASS_SHAPE,
	CTL_CLASS_LIMIT,
	CTL_CLASS_LIMIT_TIME,
	CTL_CLASS_ECN,
	CTL_CLASS_QUOTA,
	CTL_CLASS_DELAY,
	CTL_CLASS_KEYS
};
enum ctl_match_key {
	CTL_MATCH_DSCP,
	CTL_MATCH_SRC,
	CTL_MATCH_DST,
	CTL_MATCH_PROTOCOL,
	CTL_MATCH_SRC_PORT,
	CTL_MATCH_DST_PORT,
	CTL_MATCH_KEYS
};
enum ctl_flows_key {
	CTL_FLOWS_BY,
	CTL_FLOWS_BASE,
	CTL_FLOWS_LENGTH,
	CTL_FLOWS_COUNT,
	CTL_FLOWS_SLA,
	CTL_FLOWS_CLASS,
	CTL_FLOWS_QUOTA,
	CTL_FLOWS_KEYS
};

/** control: { core = 0; socket = "/run/sluice/sluice.sock"; } */
struct ctl_conf_control {
	struct ctl_src at[CTL_CONTROL_KEYS]; /**< place of each setting, line 0 when absent */
	unsigned core;			     /**< CPU of the control thread, default 0 */
	char socket[CTL_SOCKET_PATH_MAX];
	char calibration[CTL_PATH_MAX]; /**< file that sluice calibrate wrote */
	bool overcommit;		/**< what does not fit is said, and runs all the same */
};

/** One of links: a cable, or the physical port behind several virtual functions. */
struct ctl_conf_link {
	struct ctl_src src;
	struct ctl_src at[CTL_LINK_KEYS];
	char name[DP_NAME_MAX];
	uint64_t rate_bps; /**< of the wire, so in bytes of layer L1 */
};

/** One of paths: routers in the order in which packets pass them, joined by link: devices. */
struct ctl_conf_path {
	struct ctl_src src;
	struct ctl_src at[CTL_PATH_KEYS];
	char name[DP_NAME_MAX];
	char routers[CTL_HOPS_MAX][DP_NAME_MAX];
	unsigned n_routers;
	uint64_t delay_ns; /**< promised end to end, 0 for none */
};

/** A burst as it was written. */
struct ctl_conf_burst {
	enum ctl_burst_unit unit;
	uint64_t value;		     /**< bytes, packets or ns */
	char text[CTL_QUANTITY_MAX]; /**< as written */
};

/** One of slas. The layer is L2 unless another one is given; without a delay none was sold. */
struct ctl_conf_sla {
	struct ctl_src src;
	struct ctl_src at[CTL_SLA_KEYS];
	struct dp_sla sla;	      /**< effective; valid where rate and burst have a line */
	struct ctl_conf_burst burst;  /**< of the rate */
	struct ctl_conf_burst excess; /**< of kinds srtcm and trtcm4115 */
	struct ctl_conf_burst peak;   /**< of kind trtcm */
	uint64_t excess_bps, peak_bps;
	bool complete; /**< no key of it was refused or is missing */
};

/** Flows of a port; their values for the data plane are in struct dp_flow_config. */
struct ctl_conf_flows {
	struct ctl_src at[CTL_FLOWS_KEYS];
	char sla[DP_NAME_MAX];
	char class_name[DP_NAME_MAX];
};

/** What a PF does with the link of a VF; numbers are those of IFLA_VF_LINK_STATE. */
enum ctl_vf_link { CTL_VF_LINK_AUTO, CTL_VF_LINK_UP, CTL_VF_LINK_DOWN };

/** What the PF is to do with the VF of a port; what has no line was not asked for. */
struct ctl_conf_vf {
	struct ctl_src at[CTL_VF_KEYS];
	uint8_t mac[6];
	bool spoof_check;
	bool trust;
	enum ctl_vf_link link;
	uint32_t rate_mbps; /**< 0: not limited */
};

/** One of a router's classes; its values for the data plane are in struct dp_class_config. */
struct ctl_conf_class {
	struct ctl_src src;
	struct ctl_src at[CTL_CLASS_KEYS];
	struct ctl_src match_at[CTL_MATCH_KEYS];
	char police[DP_NAME_MAX]; /**< name of an SLA, "" for none */
	char shape[DP_NAME_MAX];
	uint64_t
		delay_ns; /**< bound of the time inside the router, 0: that of the SLAs of the ports */
};

/**
 * One of a router's ports; its MTU is CTL_MTU_DEFAULT unless another one is given. Its values for
 * the data plane are in struct dp_router_config.
 */
struct ctl_conf_port {
	struct ctl_src src;
	struct ctl_src at[CTL_PORT_KEYS];
	char police[DP_NAME_MAX]; /**< name of an SLA, "" for none */
	char shape[DP_NAME_MAX];
	char link[DP_NAME_MAX]; /**< name of one of links, "" for none */
	struct ctl_conf_flows flows;
	struct ctl_conf_vf vf;
};

/** One of routers; it polices early unless police_at says late. */
struct ctl_conf_router {
	struct ctl_src src;
	struct ctl_src at[CTL_ROUTER_KEYS];
	struct dp_router_config config; /**< complete after ctl_conf_check() without error */
	bool provision;			/**< its VFs are made and set up as the ports say */
	struct ctl_conf_port ports[DP_ROUTER_PORTS_MAX]; /**< config.n_ports of them */
	/** Of the listed classes, in the order of config.classes; "default" is moved to the end. */
	struct ctl_conf_class classes[DP_CLASSES_ALL];
};

/** One of cores; deficit round robin unless another scheduler is given. */
struct ctl_conf_core {
	struct ctl_src src;
	struct ctl_src at[CTL_CORE_KEYS];
	struct dp_core_config config;
};

/** A configuration; start from { 0 }. */
struct ctl_conf {
	struct ctl_src at[CTL_ROOT_KEYS];
	struct ctl_conf_control control;
	struct ctl_conf_sla *slas;
	unsigned n_slas;
	struct ctl_conf_router *routers;
	unsigned n_routers; /**< at most DP_ROUTERS_MAX */
	struct ctl_conf_core *cores;
	unsigned n_cores; /**< at most DP_ROUTERS_MAX */
	struct ctl_conf_link *links;
	unsigned n_links;
	struct ctl_conf_path *paths;
	unsigned n_paths;
	char **files; /**< names that every struct ctl_src points to */
	unsigned n_files;
};

struct ctl_host;

/**
 * Reads a file (and what it includes, relative to its folder) into values.
 *
 * @param conf result, to be freed with ctl_conf_fini() also after an error
 * @param errors every error found is added
 * @return 0; -EBADMSG: the file cannot be read or parsed, conf holds only defaults; -EINVAL: other
 *         errors were added; -ENOMEM
 */
int ctl_conf_load(const char *path, struct ctl_conf *conf, struct ctl_errors *errors);

/** As ctl_conf_load(), from memory; places are named "(string)" and nothing can be included. */
int ctl_conf_load_string(const char *text, struct ctl_conf *conf, struct ctl_errors *errors);

/**
 * Checks what a loaded configuration means, against itself and against the host, and resolves
 * the names of SLAs into the ports. Works on a configuration with load errors too: what was not
 * valid is skipped.
 *
 * @param errors every error found is added
 * @param notes what could not be checked is added
 * @return 0, or -EINVAL when errors were added
 */
int ctl_conf_check(struct ctl_conf *conf, const struct ctl_host *host, struct ctl_errors *errors,
		   struct ctl_errors *notes);

/** The checks of shares and schedulers; part of ctl_conf_check(). */
void ctl_conf_check_cores(const struct ctl_conf *conf, struct ctl_errors *errors);

/** How a configuration serves a core: as it says, or as is the default. */
struct dp_core_config ctl_conf_core_config(const struct ctl_conf *conf, unsigned core);

/** The checks of devices and links; fills in PCI addresses. Part of ctl_conf_check(). */
void ctl_conf_check_devices(struct ctl_conf *conf, const struct ctl_host *host,
			    struct ctl_errors *errors, struct ctl_errors *notes);

/**
 * The checks of SLAs, classes and flows against each other, by policer and shaper; part of
 * ctl_conf_check(), after the names of SLAs were resolved.
 */
void ctl_conf_check_classes(const struct ctl_conf *conf, struct ctl_conf_router *router,
			    struct ctl_errors *errors);

/** The checks of names in links and paths; part of ctl_conf_check(). */
void ctl_conf_check_links(const struct ctl_conf *conf, struct ctl_errors *errors);

/** The link of a name, NULL when there is none. */
const struct ctl_conf_link *ctl_conf_link_lookup(const struct ctl_conf *conf, const char *name);

/** The router of a name, NULL when there is none. */
const struct ctl_conf_router *ctl_conf_router_lookup(const struct ctl_conf *conf, const char *name);

/** Resolves the name of an SLA at src; NULL after adding an error. */
const struct ctl_conf_sla *ctl_conf_sla_resolve(const struct ctl_conf *conf, struct ctl_src src,
						const char *name, struct ctl_errors *errors);

/** The SLA of a name, NULL when there is none. */
const struct ctl_conf_sla *ctl_conf_sla_lookup(const struct ctl_conf *conf, const char *name);

/** Frees everything and makes it empty. */
void ctl_conf_fini(struct ctl_conf *conf);

#endif
