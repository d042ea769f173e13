#ifndef CONTROL_CONF_KEYS_H
#define CONTROL_CONF_KEYS_H

/**
 * @file
 * The keys of the configuration, as tables. A new key is an entry of an enum in conf.h, a field,
 * a row in the table of its group (conf_root.c, conf_core.c, conf_link.c, conf_sla.c, conf_router.c,
 * conf_port.c, conf_class.c, conf_match.c, conf_flows.c, conf_punt.c, conf_vf.c) and its setter;
 * unknown, missing and wrongly typed keys are handled for all of them by conf_load.c. Control thread
 * only.
 */

#include "control/conf.h"

#include <libconfig.h>

/** What a setting is made of. */
enum ctl_key_type {
	CTL_KEY_STRING,
	CTL_KEY_INT,
	CTL_KEY_BOOL,
	CTL_KEY_WORD,  /**< string or int, as for protocols, which have names and numbers */
	CTL_KEY_GROUP, /**< { ... } */
	CTL_KEY_LIST,  /**< ( { ... }, { ... } ) */
};

/** State of loading one configuration. */
struct ctl_loader {
	struct ctl_conf *conf;
	struct ctl_errors *errors;
	const char *fallback_file; /**< name of what has no file name: the string being read */
	bool no_memory;
};

/** One key. */
struct ctl_key {
	const char *name;
	enum ctl_key_type type;
	bool required;
	const char *example; /**< shown when the key is missing or of another type */
	/** Stores the setting in the object; false after adding an error. */
	bool (*set)(struct ctl_loader *loader, const config_setting_t *setting, void *object);
};

/** The keys of a group. */
struct ctl_group {
	const char *noun; /**< as in: unknown key "x" in NOUN */
	const struct ctl_key *keys;
	unsigned n_keys; /**< at most 32 */
};

extern const struct ctl_group ctl_group_root; /**< object: struct ctl_conf */

/** Place of a setting, its file name owned by the configuration. */
struct ctl_src ctl_loader_src(struct ctl_loader *loader, const config_setting_t *setting);

/** Loads every key of a group into object and its places into at[group->n_keys]. */
void ctl_loader_group(struct ctl_loader *loader, const struct ctl_group *group,
		      const config_setting_t *setting, void *object, struct ctl_src *at);

/** Adds one element of a list; false after adding an error. */
typedef bool (*ctl_element_fn)(struct ctl_loader *loader, const config_setting_t *setting,
			       void *object);

/** Loads every element of a list of groups, noun names one of them; false after a limit. */
bool ctl_loader_list(struct ctl_loader *loader, const config_setting_t *setting, const char *noun,
		     ctl_element_fn add, void *object);

/** Elements of slas, routers, cores (object: struct ctl_conf) and ports (struct ctl_conf_router). */
bool ctl_conf_core_add(struct ctl_loader *loader, const config_setting_t *setting, void *object);
bool ctl_conf_sla_add(struct ctl_loader *loader, const config_setting_t *setting, void *object);
bool ctl_conf_router_add(struct ctl_loader *loader, const config_setting_t *setting, void *object);
bool ctl_conf_port_add(struct ctl_loader *loader, const config_setting_t *setting, void *object);

/** Elements of links and paths (object: struct ctl_conf). */
bool ctl_conf_link_add(struct ctl_loader *loader, const config_setting_t *setting, void *object);
bool ctl_conf_path_add(struct ctl_loader *loader, const config_setting_t *setting, void *object);

/** An element of classes (object: struct ctl_conf_router). */
bool ctl_conf_class_add(struct ctl_loader *loader, const config_setting_t *setting, void *object);

/** Puts the class "default" behind all that were listed, or adds it where there are any. */
void ctl_conf_classes_finish(struct ctl_conf_router *router);

/** The group punt of a router: packets/s of each class that it names. */
void ctl_conf_punt_load(struct ctl_loader *loader, const config_setting_t *setting,
			uint64_t pps[DP_PUNT_COUNT]);

/** The group flows of a port. */
void ctl_conf_flows_load(struct ctl_loader *loader, const config_setting_t *setting,
			 struct dp_flow_config *config, struct ctl_conf_flows *conf);

/** The group vf of a port. */
void ctl_conf_vf_load(struct ctl_loader *loader, const config_setting_t *setting,
		      struct ctl_conf_vf *vf);

/** The known name that is nearest to a misspelt one, NULL when none is near. */
const char *ctl_group_suggest(const struct ctl_group *group, const char *name);

#endif
