"""Which admin tool a sentence means, per CRM, as a table: each entry is the call as a person could write it, `TOOL key=value…`.

Slots: `{object}` the vendor's name of the object, `{field}` the field as it was named, `{label}` and `{name}` a label and the API name made of it,
`{options}` the options, `{number}` a number of the CRM's. What a CRM goes about in another way is an entry of two words or more without a
tool: `!` and what the person is told instead.
"""

from __future__ import annotations

KINDS = ("text", "long text", "number", "date", "yes/no", "choice")
"""What a new field may be in words; `NEW_FIELD` spells each for every CRM, in this order."""

SENTENCES: dict[str, dict[str, str]] = {
    "hubspot": {
        "objects": "list_objects",
        "people": "list_owners",
        "pipelines": "list_pipelines object_type={object}",
        "fields": "list_properties object_type={object}",
        "show": "get_property object_type={object} property_name={field}",
        "remove": "delete_property object_type={object} property_name={field}",
        "create": "create_property object_type={object} label={label} name={name}",
        "create with": "options={options}",
        "add": "add_options object_type={object} property_name={field} options={options}",
        "pipeline": "create_pipeline object_type=deals label={label} stages={options}",
        "remove pipeline": "delete_pipeline object_type=deals pipeline_id={number}",
        "stage": "!In HubSpot a stage has a probability: say `hubspot_admin_create_stage object_type=deals pipeline_id={number} label={label} outlook=0.5`.",
    },
    "salesforce": {
        "objects": "list_objects",
        "people": "list_users",
        "pipelines": "!Salesforce's pipelines are sales processes of its record types: say `salesforce_admin_list_record_types object_name=Opportunity`.",
        "fields": "list_fields object_name={object}",
        "show": "get_field object_name={object} field_name={field}",
        "remove": "delete_field object_name={object} field_name={field}",
        "create": "create_field object_name={object} field_label={label} field_name={name}",
        "create with": "picklist_values={options}",
        "add": "add_picklist_values object_name={object} field_name={field} picklist_values={options}",
        "pipeline": "!Salesforce lets no program make a pipeline (a sales process); make it in Setup, under Sales Processes.",
        "stage": "!Salesforce's stages are values of the field Stage; make them in Setup, under Opportunity › Stage.",
    },
    "pipedrive": {
        "objects": "list_objects",
        "people": "!There is no tool that lists Pipedrive's users; they are in its Settings, under Manage users.",
        "pipelines": "list_pipelines",
        "fields": "list_fields object_type={object}",
        "show": "get_field object_type={object} field_id={number}",
        "remove": "delete_field object_type={object} field_id={number}",
        "create": "create_field object_type={object} name={label}",
        "create with": "options={options}",
        "add": "add_field_options object_type={object} field_id={number} options={options}",
        "pipeline": "create_pipeline name={label}",
        "remove pipeline": "delete_pipeline pipeline_id={number}",
        "stage": "create_stage pipeline_id={number} name={label}",
    },
    "zohocrm": {
        "objects": "list_modules",
        "people": "list_users",
        "pipelines": "list_pipelines",
        "fields": "list_fields module_api_name={object}",
        "show": "get_field module_api_name={object} field_api_name={field}",
        "remove": "delete_field module_api_name={object} field_id={field}",
        "create": "create_field module_api_name={object} field_label={label}",
        "create with": "pick_list_values={options}",
        "add": "add_pick_list_values module_api_name={object} field_api_name={field} pick_list_values={options}",
        "pipeline": "create_pipeline name={label} stages={options}",
        "remove pipeline": "delete_pipeline pipeline_id={number}",
        "stage": "!Zoho's stages are options of the field Stage: say `add options {label} to field Stage of deals`, then make the pipeline with it.",
    },
    "attio": {
        "objects": "list_objects",
        "people": "list_members",
        "pipelines": "!Attio's stages are statuses of an attribute: say `attio_admin_list_statuses object_slug=deals attribute_slug=stage`.",
        "fields": "list_attributes object_slug={object}",
        "show": "get_attribute object_slug={object} attribute_slug={field}",
        "remove": "archive_attribute object_slug={object} attribute_slug={field}",
        "create": "create_attribute object_slug={object} title={label} api_slug={name}",
        "create with": "!Attio makes options one by one: make the field without `with`, then say `add option {first} to field {name} of {object}`.",
        "add": "create_option object_slug={object} attribute_slug={field} title={one}",
        "pipeline": "!Attio has no pipelines; the stages of deals are statuses: say `create stage {label} in deals`.",
        "stage": "create_status object_slug=deals attribute_slug=stage title={label}",
    },
    "twenty": {
        "objects": "list_objects",
        "people": "list_workspace_members",
        "pipelines": "!Twenty's stages are options of a field: say `show field stage of deals`.",
        "fields": "list_fields object_id={object}",
        "show": "get_field field_id={object}.{field}",
        "remove": "delete_field field_id={object}.{field}",
        "create": "create_field object_id={object} label={label} name={name}",
        "create with": "options={options}",
        "add": "add_options field_id={object}.{field} options={options}",
        "pipeline": "!Twenty has no pipelines; stages are options of a field: say `add options {label} to field stage of deals`.",
        "stage": "!Twenty's stages are options of a field: say `add options {label} to field stage of deals`.",
    },
}

NEW_FIELD: dict[str, tuple[str, ...]] = {
    "hubspot": (
        "property_type=string field_type=text",
        "property_type=string field_type=textarea",
        "property_type=number field_type=number",
        "property_type=date field_type=date",
        "property_type=bool field_type=booleancheckbox",
        "property_type=enumeration field_type=select",
    ),
    "salesforce": tuple(
        f"field_type={kind}" for kind in ["Text", "LongTextArea", "Number", "Date", "Checkbox", "Picklist"]
    ),
    "pipedrive": (
        *(f"field_type={kind}" for kind in ["varchar", "text", "double", "date"]),
        "field_type=enum options=Yes,No",  # Pipedrive has no type for it
        "field_type=enum",
    ),
    "zohocrm": tuple(f"data_type={kind}" for kind in ["text", "textarea", "integer", "date", "boolean", "picklist"]),
    "attio": tuple(f"attribute_type={kind}" for kind in ["text", "text", "number", "date", "checkbox", "select"]),
    "twenty": tuple(f"field_type={kind}" for kind in ["TEXT", "TEXT", "NUMBER", "DATE", "BOOLEAN", "SELECT"]),
}
