#include "control/conf.h"

#include <string.h>

const struct ctl_conf_link *ctl_conf_link_lookup(const struct ctl_conf *conf, const char *name)
{
	for (unsigned i = 0; i < conf->n_links; i++)
		if (conf->links[i].at[CTL_LINK_NAME].line != 0 &&
		    strcmp(conf->links[i].name, name) == 0)
			return &conf->links[i];
	return NULL;
}

const struct ctl_conf_router *ctl_conf_router_lookup(const struct ctl_conf *conf, const char *name)
{
	for (unsigned i = 0; i < conf->n_routers; i++)
		if (conf->routers[i].at[CTL_ROUTER_NAME].line != 0 &&
		    strcmp(conf->routers[i].config.name, name) == 0)
			return &conf->routers[i];
	return NULL;
}

/* An in-process cable has no rate of its own: it is as fast as the cores at its ends. */
static void check_port(const struct ctl_conf *conf, const struct ctl_conf_router *router,
		       unsigned n, struct ctl_errors *errors)
{
	const struct ctl_conf_port *port = &router->ports[n];
	struct ctl_src src = port->at[CTL_PORT_LINK];

	if (src.line == 0)
		return;
	if (ctl_conf_link_lookup(conf, port->link) == NULL)
		ctl_errors_add(errors, src,
			       "link \"%s\" does not exist; define it in links, with its rate",
			       port->link);
	else if (router->config.ports[n].kind == DP_DEVICE_LINK)
		ctl_errors_add(errors, src,
			       "port \"%s\" is one end of a cable inside this process, which has "
			       "no rate; leave link out",
			       router->config.ports[n].name);
}

static void check_link_names(const struct ctl_conf *conf, struct ctl_errors *errors)
{
	for (unsigned i = 0; i < conf->n_links; i++) {
		const struct ctl_conf_link *link = &conf->links[i];
		const struct ctl_conf_link *first = ctl_conf_link_lookup(conf, link->name);

		if (link->at[CTL_LINK_NAME].line != 0 && first != link)
			ctl_errors_add(errors, link->at[CTL_LINK_NAME],
				       "link \"%s\" is defined twice; the first is at %s:%u, give "
				       "this one another name",
				       link->name, first->at[CTL_LINK_NAME].file,
				       first->at[CTL_LINK_NAME].line);
	}
}

static void check_path(const struct ctl_conf *conf, const struct ctl_conf_path *path,
		       struct ctl_errors *errors)
{
	struct ctl_src src = path->at[CTL_PATH_ROUTERS];

	for (unsigned i = 0; i < path->n_routers && src.line != 0; i++)
		if (ctl_conf_router_lookup(conf, path->routers[i]) == NULL)
			ctl_errors_add(errors, src,
				       "path \"%s\" goes over router \"%s\", which does not exist; "
				       "name one of routers",
				       path->name, path->routers[i]);
}

void ctl_conf_check_links(const struct ctl_conf *conf, struct ctl_errors *errors)
{
	check_link_names(conf, errors);
	for (unsigned i = 0; i < conf->n_routers; i++)
		for (unsigned j = 0; j < conf->routers[i].config.n_ports; j++)
			check_port(conf, &conf->routers[i], j, errors);
	for (unsigned i = 0; i < conf->n_paths; i++)
		check_path(conf, &conf->paths[i], errors);
}
