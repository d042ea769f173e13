#include "control/conf_keys.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const type_names[] = {
	[CTL_KEY_STRING] = "a string in double quotes",
	[CTL_KEY_INT] = "a whole number without quotes",
	[CTL_KEY_BOOL] = "true or false",
	[CTL_KEY_WORD] = "a string in double quotes or a whole number",
	[CTL_KEY_GROUP] = "a group { ... }",
	[CTL_KEY_LIST] = "a list ( { ... }, { ... } )",
};

/* The configuration outlives libconfig's own copy of a file name. */
static const char *file_intern(struct ctl_loader *loader, const char *file)
{
	struct ctl_conf *conf = loader->conf;
	char **files;

	for (unsigned i = 0; i < conf->n_files; i++)
		if (strcmp(conf->files[i], file) == 0)
			return conf->files[i];
	files = reallocarray(conf->files, conf->n_files + 1, sizeof(*files));
	if (files == NULL) {
		loader->no_memory = true;
		return NULL;
	}
	conf->files = files;
	files[conf->n_files] = strdup(file);
	if (files[conf->n_files] == NULL) {
		loader->no_memory = true;
		return NULL;
	}
	return files[conf->n_files++];
}

struct ctl_src ctl_loader_src(struct ctl_loader *loader, const config_setting_t *setting)
{
	const char *file = config_setting_source_file(setting);

	return (struct ctl_src){
		.file = file_intern(loader, file != NULL ? file : loader->fallback_file),
		.line = config_setting_source_line(setting),
	};
}

static bool type_matches(const config_setting_t *setting, enum ctl_key_type type)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_STRING:
		return type == CTL_KEY_STRING || type == CTL_KEY_WORD;
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return type == CTL_KEY_INT || type == CTL_KEY_WORD;
	case CONFIG_TYPE_BOOL:
		return type == CTL_KEY_BOOL;
	case CONFIG_TYPE_GROUP:
		return type == CTL_KEY_GROUP;
	case CONFIG_TYPE_LIST:
		return type == CTL_KEY_LIST;
	default:
		return false;
	}
}

/* "a, b and c" */
static void key_list(const struct ctl_group *group, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < group->n_keys; i++) {
		const char *between = i == 0 ? "" : i + 1 == group->n_keys ? " and " : ", ";
		int n = snprintf(text + used, size - used, "%s%s", between, group->keys[i].name);

		if (n < 0 || (size_t)n >= size - used)
			return;
		used += (size_t)n;
	}
}

static void unknown_add(struct ctl_loader *loader, const struct ctl_group *group,
			const config_setting_t *setting)
{
	const char *name = config_setting_name(setting);
	const char *nearest = ctl_group_suggest(group, name);
	char known[256];

	if (nearest != NULL) {
		ctl_errors_add(loader->errors, ctl_loader_src(loader, setting),
			       "unknown key \"%s\" in %s; did you mean \"%s\"?", name, group->noun,
			       nearest);
		return;
	}
	key_list(group, known, sizeof(known));
	ctl_errors_add(loader->errors, ctl_loader_src(loader, setting),
		       "unknown key \"%s\" in %s; known keys are %s", name, group->noun, known);
}

static int key_lookup(const struct ctl_group *group, const char *name)
{
	for (unsigned i = 0; i < group->n_keys; i++)
		if (strcmp(group->keys[i].name, name) == 0)
			return (int)i;
	return -ENOENT;
}

static void key_set(struct ctl_loader *loader, const struct ctl_key *key,
		    const config_setting_t *setting, void *object, struct ctl_src *at)
{
	if (!type_matches(setting, key->type)) {
		ctl_errors_add(loader->errors, ctl_loader_src(loader, setting),
			       "%s is not %s; write for example %s", key->name,
			       type_names[key->type], key->example);
		return;
	}
	*at = ctl_loader_src(loader, setting);
	if (!key->set(loader, setting, object))
		at->line = 0;
}

void ctl_loader_group(struct ctl_loader *loader, const struct ctl_group *group,
		      const config_setting_t *setting, void *object, struct ctl_src *at)
{
	int n = config_setting_length(setting);
	uint32_t seen = 0;

	for (int i = 0; i < n; i++) {
		const config_setting_t *child = config_setting_get_elem(setting, (unsigned)i);
		int key = key_lookup(group, config_setting_name(child));

		if (key < 0) {
			unknown_add(loader, group, child);
			continue;
		}
		seen |= 1U << key;
		key_set(loader, &group->keys[key], child, object, &at[key]);
	}
	for (unsigned i = 0; i < group->n_keys; i++)
		if (group->keys[i].required && (seen & 1U << i) == 0)
			ctl_errors_add(loader->errors, ctl_loader_src(loader, setting),
				       "key \"%s\" is missing in %s; add for example %s",
				       group->keys[i].name, group->noun, group->keys[i].example);
}

bool ctl_loader_list(struct ctl_loader *loader, const config_setting_t *setting, const char *noun,
		     ctl_element_fn add, void *object)
{
	int n = config_setting_length(setting);

	if (n == 0)
		ctl_errors_add(loader->errors, ctl_loader_src(loader, setting),
			       "%s is empty; give at least one %s { ... }",
			       config_setting_name(setting), noun);
	for (int i = 0; i < n; i++) {
		const config_setting_t *element = config_setting_get_elem(setting, (unsigned)i);

		if (config_setting_type(element) != CONFIG_TYPE_GROUP) {
			ctl_errors_add(loader->errors, ctl_loader_src(loader, element),
				       "element %d of %s is not a group; write each %s as { ... }",
				       i + 1, config_setting_name(setting), noun);
			continue;
		}
		/* beyond a limit or without memory every further one would say the same */
		if (!add(loader, element, object))
			return false;
	}
	return true;
}

static void syntax_add(struct ctl_loader *loader, const config_t *config, const char *path)
{
	const char *file = config_error_file(config);
	struct ctl_src src = { .file = file_intern(loader, file != NULL ? file : path),
			       .line = (unsigned)config_error_line(config) };

	if (config_error_type(config) == CONFIG_ERR_FILE_IO)
		ctl_errors_add(loader->errors, (struct ctl_src){ .file = src.file },
			       "cannot be read: %s; name a readable file",
			       errno != 0 ? strerror(errno) : "input or output error");
	else
		ctl_errors_add(loader->errors, src,
			       "%s; the form is key = value; with lists in ( ) and groups in { }",
			       config_error_text(config));
}

static int load_finish(struct ctl_loader *loader, const config_t *config)
{
	struct ctl_conf *conf = loader->conf;

	ctl_loader_group(loader, &ctl_group_root, config_root_setting(config), conf, conf->at);
	if (loader->no_memory)
		return -ENOMEM;
	return loader->errors->n != 0 ? -EINVAL : 0;
}

static void conf_defaults(struct ctl_conf *conf)
{
	*conf = (struct ctl_conf){ .control = { .socket = "/run/sluice/sluice.sock",
						.calibration = CTL_CALIBRATION_PATH } };
}

int ctl_conf_load(const char *path, struct ctl_conf *conf, struct ctl_errors *errors)
{
	struct ctl_loader loader = { .conf = conf, .errors = errors, .fallback_file = path };
	char *folder = strdup(path);
	config_t config;
	int err = -EBADMSG;

	conf_defaults(conf);
	if (folder == NULL)
		return -ENOMEM;
	config_init(&config);
	config_set_include_dir(&config, dirname(folder));
	errno = 0;
	if (config_read_file(&config, path) == CONFIG_TRUE)
		err = load_finish(&loader, &config);
	else
		syntax_add(&loader, &config, path);
	config_destroy(&config);
	free(folder);
	return err;
}

int ctl_conf_load_string(const char *text, struct ctl_conf *conf, struct ctl_errors *errors)
{
	struct ctl_loader loader = { .conf = conf, .errors = errors, .fallback_file = "(string)" };
	config_t config;
	int err = -EBADMSG;

	conf_defaults(conf);
	config_init(&config);
	config_set_include_dir(&config, "/proc/self/fdinfo"); /* holds nothing to include */
	if (config_read_string(&config, text) == CONFIG_TRUE)
		err = load_finish(&loader, &config);
	else
		syntax_add(&loader, &config, loader.fallback_file);
	config_destroy(&config);
	return err;
}

const struct ctl_conf_sla *ctl_conf_sla_lookup(const struct ctl_conf *conf, const char *name)
{
	for (unsigned i = 0; i < conf->n_slas; i++)
		if (conf->slas[i].at[CTL_SLA_NAME].line != 0 &&
		    strcmp(conf->slas[i].sla.name, name) == 0)
			return &conf->slas[i];
	return NULL;
}

void ctl_conf_fini(struct ctl_conf *conf)
{
	for (unsigned i = 0; i < conf->n_files; i++)
		free(conf->files[i]);
	free(conf->files);
	free(conf->slas);
	free(conf->routers);
	free(conf->cores);
	free(conf->links);
	free(conf->paths);
	*conf = (struct ctl_conf){ 0 };
}
