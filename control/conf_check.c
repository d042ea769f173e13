#include "control/conf.h"
#include "control/host.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define ETHER_HDR_BYTES 14

/* What every check needs. */
struct check {
	struct ctl_conf *conf;
	const struct ctl_host *host;
	struct ctl_errors *errors;
	struct ctl_errors *notes;
};

static void cores_error(const struct check *check, struct ctl_src src, unsigned core,
			const char *what)
{
	char cores[256];

	check->host->cores(cores, sizeof(cores));
	ctl_errors_add(check->errors, src, "core %u %s; usable cores are %s", core, what, cores);
}

static void check_core(const struct check *check, struct ctl_src src, unsigned core)
{
	switch (check->host->core(core)) {
	case CTL_CORE_USABLE:
		return;
	case CTL_CORE_MISSING:
		cores_error(check, src, core, "does not exist or is offline");
		return;
	case CTL_CORE_FORBIDDEN:
		cores_error(check, src, core, "is not allowed for this process");
		return;
	}
}

/* The default of control.core has no line: it is charged to the file as a whole. */
static void check_control(const struct check *check)
{
	struct ctl_src src = check->conf->control.at[CTL_CONTROL_CORE];

	if (src.file == NULL)
		src.file = check->conf->n_files != 0 ? check->conf->files[0] : NULL;
	else if (src.line == 0)
		return;
	check_core(check, src, check->conf->control.core);
}

static void duplicate_add(const struct check *check, const char *noun, const char *name,
			  struct ctl_src src, struct ctl_src first)
{
	ctl_errors_add(check->errors, src,
		       "%s \"%s\" is defined twice; the first is at %s:%u, give this one another "
		       "name",
		       noun, name, first.file, first.line);
}

static void check_sla_names(const struct check *check)
{
	const struct ctl_conf *conf = check->conf;

	for (unsigned i = 0; i < conf->n_slas; i++) {
		const struct ctl_conf_sla *sla = &conf->slas[i];
		const struct ctl_conf_sla *first = ctl_conf_sla_lookup(conf, sla->sla.name);

		if (sla->at[CTL_SLA_NAME].line != 0 && first != sla)
			duplicate_add(check, "SLA", sla->sla.name, sla->at[CTL_SLA_NAME],
				      first->at[CTL_SLA_NAME]);
	}
}

/* Earlier router with the same setting; its text is at offset in struct dp_router_config. */
static const struct ctl_conf_router *router_earlier(const struct ctl_conf *conf, unsigned n,
						    enum ctl_router_key key, size_t offset)
{
	const char *text = (const char *)&conf->routers[n].config + offset;

	if (conf->routers[n].at[key].line == 0)
		return NULL;
	for (unsigned i = 0; i < n; i++)
		if (conf->routers[i].at[key].line != 0 &&
		    strcmp((const char *)&conf->routers[i].config + offset, text) == 0)
			return &conf->routers[i];
	return NULL;
}

static void check_router_names(const struct check *check, unsigned n)
{
	const struct ctl_conf_router *router = &check->conf->routers[n];
	const struct ctl_conf_router *first;

	first = router_earlier(check->conf, n, CTL_ROUTER_NAME,
			       offsetof(struct dp_router_config, name));
	if (first != NULL)
		duplicate_add(check, "router", router->config.name, router->at[CTL_ROUTER_NAME],
			      first->at[CTL_ROUTER_NAME]);
	first = router_earlier(check->conf, n, CTL_ROUTER_NETNS,
			       offsetof(struct dp_router_config, netns));
	if (first != NULL)
		ctl_errors_add(check->errors, router->at[CTL_ROUTER_NETNS],
			       "namespace \"%s\" already belongs to router \"%s\" at %s:%u; every "
			       "router needs one of its own",
			       router->config.netns, first->config.name,
			       first->at[CTL_ROUTER_NETNS].file, first->at[CTL_ROUTER_NETNS].line);
}

static void check_port_names(const struct check *check, const struct ctl_conf_router *router)
{
	for (unsigned i = 0; i < router->config.n_ports; i++) {
		for (unsigned j = 0; j < i; j++) {
			const struct ctl_src *at = router->ports[i].at;
			const struct ctl_src *first = router->ports[j].at;

			if (at[CTL_PORT_NAME].line == 0 || first[CTL_PORT_NAME].line == 0 ||
			    strcmp(router->config.ports[i].name, router->config.ports[j].name) != 0)
				continue;
			duplicate_add(check, "port", router->config.ports[i].name,
				      at[CTL_PORT_NAME], first[CTL_PORT_NAME]);
			break;
		}
	}
}

static void check_netns(const struct check *check, const struct ctl_conf_router *router)
{
	struct ctl_src src = router->at[CTL_ROUTER_NETNS];
	const char *netns = router->config.netns;
	int err;

	if (src.line == 0)
		return;
	err = check->host->netns(netns);
	if (err == -ENOENT || err == -ENOTDIR)
		ctl_errors_add(check->errors, src,
			       "namespace \"%s\" does not exist; create it with: ip netns add %s",
			       netns, netns);
	else if (err != 0)
		ctl_errors_add(check->notes, src, "namespace \"%s\" could not be checked: %s",
			       netns, strerror(-err));
}

static void check_router_core(const struct check *check, const struct ctl_conf_router *router)
{
	const struct ctl_conf_control *control = &check->conf->control;
	struct ctl_src src = router->at[CTL_ROUTER_CORE];
	bool control_valid = control->at[CTL_CONTROL_CORE].file == NULL ||
			     control->at[CTL_CONTROL_CORE].line != 0;

	if (src.line == 0)
		return;
	if (control_valid && router->config.core == control->core)
		cores_error(
			check, src, router->config.core,
			"is the control core; give the router another one or move control.core");
	else
		check_core(check, src, router->config.core);
}

/* A packet of the port's MTU must fit the bucket, or it would never pass. */
static void check_burst(const struct check *check, const struct ctl_conf_sla *sla,
			const struct dp_port_config *port, struct ctl_src src)
{
	unsigned packet = (unsigned)(port->mtu + ETHER_HDR_BYTES +
				     rate_layer_adjust_bytes(sla->sla.layer));

	if (sla->sla.unit != RATE_BITS_PER_S || sla->at[CTL_SLA_RATE].line == 0 ||
	    sla->at[CTL_SLA_BURST].line == 0 || sla->sla.burst >= packet)
		return;
	ctl_errors_add(check->errors, sla->at[CTL_SLA_BURST],
		       "burst \"%s\" of SLA \"%s\" is %" PRIu64 " bytes, less than one packet of "
		       "port \"%s\" at %s:%u (mtu %u is %u bytes in L%u); give at least \"%u\"",
		       sla->burst.text, sla->sla.name, sla->sla.burst, port->name, src.file,
		       src.line, port->mtu, packet, (unsigned)sla->sla.layer + 1, packet);
}

const struct ctl_conf_sla *ctl_conf_sla_resolve(const struct ctl_conf *conf, struct ctl_src src,
						const char *name, struct ctl_errors *errors)
{
	const struct ctl_conf_sla *found = src.line != 0 ? ctl_conf_sla_lookup(conf, name) : NULL;

	if (src.line != 0 && found == NULL)
		ctl_errors_add(errors, src,
			       "SLA \"%s\" does not exist; define it in slas or name one that is "
			       "there",
			       name);
	return found;
}

/* Resolves the name of an SLA; false when there is none. */
static bool resolve_sla(const struct check *check, const struct dp_port_config *port,
			struct ctl_src src, const char *name, struct dp_sla *sla)
{
	const struct ctl_conf_sla *found = ctl_conf_sla_resolve(check->conf, src, name,
								check->errors);

	if (found == NULL)
		return false;
	check_burst(check, found, port, src);
	*sla = found->sla;
	return true;
}

static void check_slas(const struct check *check, struct ctl_conf_router *router)
{
	for (unsigned i = 0; i < router->config.n_ports; i++) {
		struct dp_port_config *port = &router->config.ports[i];
		const struct ctl_conf_port *names = &router->ports[i];

		port->has_police = resolve_sla(check, port, names->at[CTL_PORT_POLICE],
					       names->police, &port->police);
		port->has_shape = resolve_sla(check, port, names->at[CTL_PORT_SHAPE], names->shape,
					      &port->shape);
	}
}

int ctl_conf_check(struct ctl_conf *conf, const struct ctl_host *host, struct ctl_errors *errors,
		   struct ctl_errors *notes)
{
	struct check check = { conf, host, errors, notes };
	unsigned before = errors->n;

	check_control(&check);
	check_sla_names(&check);
	for (unsigned i = 0; i < conf->n_routers; i++) {
		struct ctl_conf_router *router = &conf->routers[i];

		check_router_names(&check, i);
		check_port_names(&check, router);
		check_netns(&check, router);
		check_router_core(&check, router);
		check_slas(&check, router);
		ctl_conf_check_classes(conf, router, errors);
	}
	ctl_conf_check_cores(conf, errors);
	ctl_conf_check_links(conf, errors);
	ctl_conf_check_devices(conf, host, errors, notes);
	return errors->n != before || errors->truncated ? -EINVAL : 0;
}
