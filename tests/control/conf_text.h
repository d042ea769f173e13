#ifndef TESTS_CONTROL_CONF_TEXT_H
#define TESTS_CONTROL_CONF_TEXT_H

/* Configurations as text, and the errors that they must give: place and words, all of them. */

#include "control/conf.h"
#include "control/host.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define WANTED_MAX 16

/* One expected error; the list ends with line 0 and no words. */
struct wanted {
	unsigned line;
	const char *words; /* part of the sentence */
};

/* A machine with the cores 0 to 3, core 3 forbidden; what there is else is in the functions. */
static enum ctl_host_core fake_core(unsigned core)
{
	if (core < 3)
		return CTL_CORE_USABLE;
	return core == 3 ? CTL_CORE_FORBIDDEN : CTL_CORE_MISSING;
}

static void fake_cores(char *text, size_t size)
{
	(void)snprintf(text, size, "0-2");
}

static int fake_netdev(const char *name, struct ctl_netdev *netdev)
{
	if (strcmp(name, "secret0") == 0)
		return -EACCES;
	if (strncmp(name, "eth", 3) != 0 && strcmp(name, "ppp0") != 0 && strcmp(name, "tiny0") != 0)
		return -ENODEV;
	netdev->ethernet = strcmp(name, "ppp0") != 0;
	netdev->mtu = strcmp(name, "tiny0") == 0 ? 1280 : 1500;
	return 0;
}

static int fake_netns(const char *name)
{
	if (strcmp(name, "secret") == 0)
		return -EACCES;
	return strncmp(name, "ns", 2) == 0 ? 0 : -ENOENT;
}

static int fake_pci_driver(const char *address, char *driver, size_t size)
{
	if (strncmp(address, "0000:03:10.", 11) != 0)
		return -ENODEV;
	(void)snprintf(driver, size, "%s",
		       address[11] == '1'   ? "vfio-pci"
		       : address[11] == '2' ? "ixgbevf"
					    : "");
	return 0;
}

static int fake_folder(const char *path)
{
	return strcmp(path, "/run/") == 0 || strcmp(path, "/") == 0 ? 0 : -ENOENT;
}

/* p0 can have two VFs and has them, at 03:10.1 and 03:10.2 as above: the second is igbvf's. */
static void fake_vf(const struct ctl_vf_name *name, struct ctl_vf_sysfs *vf)
{
	*vf = (struct ctl_vf_sysfs){ .name = *name, .numa_node = -1 };
	vf->pf_exists = vf->pf_has_sriov = strcmp(name->pf, "p0") == 0;
	if (!vf->pf_exists)
		return;
	vf->n_vfs = vf->n_vfs_max = 2;
	vf->pf_up = vf->has_iommu = vf->vfio_loaded = true;
	vf->pf_mtu = 1500;
	vf->exists = name->index < 2;
	(void)snprintf(vf->address, sizeof(vf->address), "0000:03:10.%u", name->index + 1);
	(void)snprintf(vf->driver, sizeof(vf->driver), "%s",
		       name->index == 0 ? "vfio-pci" : "igbvf");
}

static int fake_vf_state(const struct ctl_vf_name *name, struct ctl_vf_state *state)
{
	(void)name;
	*state = (struct ctl_vf_state){ .known = 1U << CTL_VF_SET_VLAN, .vlan = 7 };
	return 0;
}

static const struct ctl_host fake_host = {
	fake_core,	 fake_cores, fake_netdev,   fake_netns,
	fake_pci_driver, fake_vf,    fake_vf_state, fake_folder
};

static inline void expect_errors(const char *text, const struct ctl_errors *errors,
				 const char *file, const struct wanted *wanted)
{
	unsigned n = 0;

	while (wanted[n].words != NULL)
		n++;
	if (errors->n != n) {
		print_error("%s\n%u errors instead of %u:\n", text, errors->n, n);
		ctl_errors_print(errors, stderr);
		fail();
	}
	for (unsigned i = 0; i < n; i++) {
		const struct ctl_error *error = &errors->items[i];

		if (error->src.line == wanted[i].line &&
		    strstr(error->text, wanted[i].words) != NULL) {
			assert_string_equal(error->src.file, file);
			continue;
		}
		print_error("%s\nexpected %u: ...%s...\n", text, wanted[i].line, wanted[i].words);
		ctl_errors_print(errors, stderr);
		fail();
	}
}

/* Loads and checks against fake_host. */
static inline void expect_conf(const char *text, const struct wanted *wanted)
{
	struct ctl_errors errors = { 0 }, notes = { 0 };
	struct ctl_conf conf;
	int err = ctl_conf_load_string(text, &conf, &errors);
	int check = 0;

	if (err == 0 || err == -EINVAL)
		check = ctl_conf_check(&conf, &fake_host, &errors, &notes);
	assert_int_equal(err != 0 || check != 0, wanted[0].words != NULL);
	ctl_errors_sort(&errors);
	expect_errors(text, &errors, "(string)", wanted);
	ctl_errors_fini(&errors);
	ctl_errors_fini(&notes);
	ctl_conf_fini(&conf);
}

/* Loads and checks against fake_host a text that has to be good. */
static inline void conf_load_good(const char *text, struct ctl_conf *conf)
{
	struct ctl_errors errors = { 0 }, notes = { 0 };
	int err = ctl_conf_load_string(text, conf, &errors);

	if (err == 0)
		err = ctl_conf_check(conf, &fake_host, &errors, &notes);
	if (err != 0) {
		print_error("%s\n", text);
		ctl_errors_print(&errors, stderr);
		fail();
	}
	ctl_errors_fini(&errors);
	ctl_errors_fini(&notes);
}

/* A configuration and all errors that it must give. */
struct bad {
	const char *text;
	struct wanted wanted[WANTED_MAX];
};

static inline void expect_all(const struct bad *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		expect_conf(cases[i].text, cases[i].wanted);
}
#define EXPECT_ALL(cases) expect_all(cases, sizeof(cases) / sizeof((cases)[0]))

#endif
