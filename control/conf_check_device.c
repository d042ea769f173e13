#include "control/conf.h"
#include "control/host.h"
#include "control/vf/ctl_vf_check.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMIF_SOCKET_MAX 108 /* sun_path of unix(7) */
#define LINK_NAME_MAX 32

/* A port with its place. */
struct place {
	struct ctl_conf_router *router;
	struct dp_port_config *port;
	struct ctl_src src; /* of the device; line 0 when it was not valid */
};

struct check {
	const struct ctl_host *host;
	struct ctl_errors *errors;
	struct ctl_errors *notes;
	struct place *places;
	unsigned n_places;
};

static void check_netdev(const struct check *check, const struct place *place)
{
	const char *name = place->port->device;
	struct ctl_netdev netdev = { 0 };
	int err = check->host->netdev(name, &netdev);

	if (err == -ENODEV)
		ctl_errors_add(check->errors, place->src,
			       "network device \"%s\" does not exist in this namespace; name one "
			       "that ip link shows",
			       name);
	else if (err != 0)
		ctl_errors_add(check->notes, place->src,
			       "network device \"%s\" could not be checked: %s", name,
			       strerror(-err));
	else if (!netdev.ethernet)
		ctl_errors_add(check->errors, place->src,
			       "network device \"%s\" is no Ethernet device; name one that is",
			       name);
	else if (netdev.mtu < place->port->mtu)
		ctl_errors_add(check->errors, place->src,
			       "network device \"%s\" has mtu %u, less than the port's %u; lower "
			       "the port's mtu or run: ip link set %s mtu %u",
			       name, netdev.mtu, place->port->mtu, name, place->port->mtu);
}

/* [DDDD:]BB:DD.F */
static bool pci_address_valid(const char *address)
{
	static const char form[] = "xxxx:xx:xx.x";
	const char *expect = strlen(address) == sizeof("xx:xx.x") - 1 ? form + 5 : form;

	for (; *expect != '\0'; expect++, address++)
		if (*expect == 'x' ? !isxdigit((unsigned char)*address) : *address != *expect)
			return false;
	return *address == '\0';
}

/* With domain and in lower case, as in sysfs. */
static void pci_address_complete(const char *address, char *complete, size_t size)
{
	bool has_domain = strlen(address) == sizeof("xxxx:xx:xx.x") - 1;

	(void)snprintf(complete, size, "%s%.12s", has_domain ? "" : "0000:", address);
	for (; *complete != '\0'; complete++)
		*complete = (char)tolower((unsigned char)*complete);
}

static void check_vf_group(const struct check *check, const struct place *place)
{
	unsigned port = (unsigned)(place->port - place->router->config.ports);
	struct ctl_src src = place->router->ports[port].at[CTL_PORT_VF];

	if (src.line != 0 && place->port->kind != DP_DEVICE_VF)
		ctl_errors_add(check->errors, src,
			       "vf is for ports whose device is vf:PF/INDEX; leave it out");
}

static void check_vf(const struct check *check, const struct place *place)
{
	struct ctl_vf_sysfs vf;
	struct ctl_vf_state state = { 0 };
	struct ctl_vf_name name;
	const struct ctl_vf_port port = {
		.router = place->router,
		.port = (unsigned)(place->port - place->router->config.ports),
		.src = place->src,
		.vf = &vf,
		.state = &state,
	};

	if (!ctl_vf_name_parse(place->port->device, &name)) {
		ctl_errors_add(check->errors, place->src,
			       "\"%s\" is not PF/INDEX; write for example vf:eth1/0",
			       place->port->device);
		return;
	}
	check->host->vf(&name, &vf);
	if (vf.exists)
		(void)check->host->vf_state(&name, &state);
	memcpy(place->port->pci_address, vf.address, sizeof(vf.address));
	ctl_vf_check(&port, check->errors, check->notes);
}

static void check_pci(const struct check *check, const struct place *place)
{
	char address[24], driver[64] = "";
	int err;

	if (!pci_address_valid(place->port->device)) {
		ctl_errors_add(check->errors, place->src,
			       "\"%s\" is not a PCI address; write for example pci:0000:03:10.1",
			       place->port->device);
		return;
	}
	pci_address_complete(place->port->device, address, sizeof(address));
	(void)snprintf(place->port->pci_address, sizeof(place->port->pci_address), "%.15s",
		       address);
	err = check->host->pci_driver(address, driver, sizeof(driver));
	if (err == -ENODEV)
		ctl_errors_add(check->errors, place->src,
			       "PCI device %s does not exist; name one that lspci -D shows",
			       address);
	else if (err != 0)
		ctl_errors_add(check->notes, place->src, "PCI device %s could not be checked: %s",
			       address, strerror(-err));
	else if (strcmp(driver, "vfio-pci") != 0)
		ctl_errors_add(check->errors, place->src,
			       "PCI device %s is bound to %s; bind it with: dpdk-devbind.py -b "
			       "vfio-pci %s",
			       address, driver[0] != '\0' ? driver : "no driver", address);
}

/* The folder of the socket must be there, or DPDK fails late and tersely. */
static void check_memif_folder(const struct check *check, const struct place *place,
			       const char *path, size_t len)
{
	char folder[MEMIF_SOCKET_MAX];
	int err;

	while (len > 1 && path[len - 1] != '/')
		len--;
	memcpy(folder, path, len);
	folder[len] = '\0';
	err = check->host->folder(folder);
	if (err == -ENOENT || err == -ENOTDIR)
		ctl_errors_add(check->errors, place->src,
			       "folder %s of the memif socket does not exist; create it", folder);
	else if (err != 0)
		ctl_errors_add(check->notes, place->src, "folder %s could not be checked: %s",
			       folder, strerror(-err));
}

static bool memif_id_valid(const char *id)
{
	char *end = NULL;
	unsigned long value;

	if (!isdigit((unsigned char)*id))
		return false;
	errno = 0;
	value = strtoul(id, &end, 10);
	return errno == 0 && *end == '\0' && value <= UINT32_MAX;
}

static void check_memif(const struct check *check, const struct place *place)
{
	const char *device = place->port->device;
	const char *path = strchr(device, ',');
	const char *id = path != NULL ? strchr(path + 1, ',') : NULL;
	size_t role_len = path != NULL ? (size_t)(path - device) : 0;
	size_t path_len = id != NULL ? (size_t)(id - path) - 1 : 0;

	if (id == NULL ||
	    !((role_len == 6 && strncmp(device, "server", 6) == 0) ||
	      (role_len == 6 && strncmp(device, "client", 6) == 0)) ||
	    path[1] != '/' || path_len >= MEMIF_SOCKET_MAX || !memif_id_valid(id + 1)) {
		ctl_errors_add(
			check->errors, place->src,
			"\"memif:%s\" is not ROLE,PATH,ID with the role server or client, an "
			"absolute path of at most 107 characters and a number; write for "
			"example memif:server,/run/sluice/memif.sock,0",
			device);
		return;
	}
	check_memif_folder(check, place, path + 1, path_len);
}

static void check_vdev(const struct check *check, const struct place *place)
{
	const char *device = place->port->device;
	size_t len = strspn(device, "abcdefghijklmnopqrstuvwxyz_0123456789");

	if (islower((unsigned char)device[0]) && (device[len] == '\0' || device[len] == ','))
		return;
	ctl_errors_add(check->errors, place->src,
		       "\"dpdk:%s\" does not begin with the name of a virtual DPDK device; write "
		       "for example dpdk:net_null0,size=64",
		       device);
}

static void check_link(const struct check *check, const struct place *place)
{
	const char *name = place->port->device;
	unsigned users = 0;

	if (strlen(name) >= LINK_NAME_MAX || strpbrk(name, ",/ ") != NULL) {
		ctl_errors_add(
			check->errors, place->src,
			"\"%s\" is not the name of a link; use at most %d characters without "
			"comma, slash and space",
			name, LINK_NAME_MAX - 1);
		return;
	}
	for (unsigned i = 0; i < check->n_places; i++)
		users += check->places[i].port->kind == DP_DEVICE_LINK &&
			 strcmp(check->places[i].port->device, name) == 0;
	if (users != 2)
		ctl_errors_add(check->errors, place->src,
			       "link \"%s\" joins %u port%s; exactly two ports must name it", name,
			       users, users == 1 ? "" : "s");
}

/* What two ports must not share: the part of a device that names it. */
static void device_key(const struct dp_port_config *port, char *key, size_t size)
{
	if (port->pci_address[0] != '\0')
		(void)snprintf(key, size, "%s", port->pci_address);
	else if (port->kind == DP_DEVICE_VDEV)
		(void)snprintf(key, size, "%.*s", (int)strcspn(port->device, ","), port->device);
	else
		(void)snprintf(key, size, "%s", port->device);
}

/* Whether equal names of two kinds mean one device. */
static bool device_space_shared(enum dp_device_kind a, enum dp_device_kind b)
{
	return a == b || (a == DP_DEVICE_PCI && b == DP_DEVICE_VF) ||
	       (a == DP_DEVICE_VF && b == DP_DEVICE_PCI) ||
	       (a == DP_DEVICE_KERNEL && b == DP_DEVICE_XDP) ||
	       (a == DP_DEVICE_XDP && b == DP_DEVICE_KERNEL);
}

/* Ports with VLANs may share a device; @return false: these two cannot */
static bool check_trunk(const struct check *check, const struct place *place,
			const struct place *first)
{
	if (place->port->kind == DP_DEVICE_VF || place->port->kind != first->port->kind ||
	    place->port->vlan == 0 || first->port->vlan == 0)
		return false;
	if (place->router != first->router)
		ctl_errors_add(check->errors, place->src,
			       "device \"%s\" already belongs to router \"%s\" at %s:%u; only "
			       "ports of one router can share it, because its packets lie in one "
			       "router's buffers",
			       place->port->device, first->router->config.name, first->src.file,
			       first->src.line);
	else if (place->port->vlan == first->port->vlan)
		ctl_errors_add(check->errors, place->src,
			       "VLAN %u of device \"%s\" already belongs to port \"%s\" at "
			       "%s:%u; every port needs a VLAN of its own",
			       place->port->vlan, place->port->device, first->port->name,
			       first->src.file, first->src.line);
	return true;
}

static void check_shared(const struct check *check, unsigned n)
{
	const struct place *place = &check->places[n];
	char key[DP_DEVICE_MAX], other[DP_DEVICE_MAX];

	if (place->port->kind == DP_DEVICE_LINK)
		return;
	device_key(place->port, key, sizeof(key));
	for (unsigned i = 0; i < n; i++) {
		const struct place *first = &check->places[i];

		if (!device_space_shared(first->port->kind, place->port->kind))
			continue;
		device_key(first->port, other, sizeof(other));
		if (strcmp(key, other) != 0)
			continue;
		if (check_trunk(check, place, first))
			continue;
		ctl_errors_add(check->errors, place->src,
			       "device \"%s\" already belongs to port \"%s\" of router \"%s\" at "
			       "%s:%u; every port needs one of its own, or "
			       "a vlan",
			       key, first->port->name, first->router->config.name, first->src.file,
			       first->src.line);
		return;
	}
}

static void places_collect(struct ctl_conf *conf, struct check *check)
{
	for (unsigned i = 0; i < conf->n_routers; i++) {
		struct ctl_conf_router *router = &conf->routers[i];

		for (unsigned j = 0; j < router->config.n_ports; j++) {
			struct ctl_src src = router->ports[j].at[CTL_PORT_DEVICE];

			if (src.line != 0)
				check->places[check->n_places++] = (struct place){
					router, &router->config.ports[j], src
				};
		}
	}
}

void ctl_conf_check_devices(struct ctl_conf *conf, const struct ctl_host *host,
			    struct ctl_errors *errors, struct ctl_errors *notes)
{
	static void (*const checks[])(const struct check *check, const struct place *place) = {
		[DP_DEVICE_KERNEL] = check_netdev, [DP_DEVICE_XDP] = check_netdev,
		[DP_DEVICE_PCI] = check_pci,	   [DP_DEVICE_MEMIF] = check_memif,
		[DP_DEVICE_VDEV] = check_vdev,	   [DP_DEVICE_LINK] = check_link,
		[DP_DEVICE_VF] = check_vf,
	};
	struct check check = { .host = host, .errors = errors, .notes = notes };

	if (conf->n_routers == 0)
		return;
	check.places = calloc((size_t)conf->n_routers * DP_ROUTER_PORTS_MAX, sizeof(*check.places));
	if (check.places == NULL) {
		errors->truncated = true;
		return;
	}
	places_collect(conf, &check);
	for (unsigned i = 0; i < check.n_places; i++) {
		checks[check.places[i].port->kind](&check, &check.places[i]);
		check_vf_group(&check, &check.places[i]);
		check_shared(&check, i);
	}
	free(check.places);
}
