// Pipedrive's own Node client on a trip through the practice Pipedrive: node pipedrive_trip.mjs BASE_URL TOKEN
import assert from 'node:assert/strict'
import v1 from 'pipedrive/v1'
import v2 from 'pipedrive/v2'

const [host, apiKey] = process.argv.slice(2)
const newer = new v2.Configuration({ apiKey, basePath: `${host}/api/v2` })
const older = new v1.Configuration({ apiKey, basePath: `${host}/api/v1` })
const persons = new v2.PersonsApi(newer)
const organizations = new v2.OrganizationsApi(newer)
const deals = new v2.DealsApi(newer)
const fields = new v2.PersonFieldsApi(newer)

async function refused(call) {
  try {
    await call()
  } catch (error) {
    return error // the client throws the answer's body
  }
  return assert.fail('this should have been refused')
}

async function schema() {
  const AddPersonFieldRequest = { field_name: 'Tier', field_type: 'enum', options: [{ label: 'Gold' }] }
  const made = (await fields.addPersonField({ AddPersonFieldRequest })).data
  assert.match(made.field_code, /^[0-9a-f]{40}$/)
  assert.equal(made.options[0].label, 'Gold')
  const all = await fields.getPersonFields({ limit: 500 })
  assert.ok(all.data.some((field) => field.field_code === made.field_code))
  assert.equal(all.additional_data.next_cursor, null)
  return made
}

async function records(tier) {
  const org = (await organizations.addOrganization({ AddOrganizationRequest: { name: 'Trip Ltd' } })).data
  const body = {
    name: 'Node Trip',
    org_id: org.id,
    add_time: '2023-01-05T10:00:00Z',
    emails: [{ value: 'node@trip.example', primary: true, label: 'work' }],
    custom_fields: { [tier.field_code]: tier.options[0].id },
  }
  const person = (await persons.addPerson({ AddPersonRequest: body })).data
  assert.equal(person.first_name, 'Node')
  assert.equal(person.custom_fields[tier.field_code], tier.options[0].id)
  const wrong = await refused(() => persons.addPerson({ AddPersonRequest: { name: 'X', [tier.field_code]: 1 } }))
  assert.equal(wrong.success, false)
  assert.equal(wrong.code, 'ERR_SCHEMA_VALIDATION_FAILED')
  const changed = await persons.updatePerson({ id: person.id, UpdatePersonRequest: { name: 'Node Changed' } })
  assert.equal(changed.data.last_name, 'Changed')
  assert.equal(changed.data.emails[0].value, 'node@trip.example')
  const found = await persons.searchPersons({ term: 'node@trip.example', fields: 'email', exact_match: true })
  assert.equal(found.data.items[0].item.id, person.id)
  const missing = await refused(() => persons.getPerson({ id: 999999 }))
  assert.equal(missing.error, 'Entity was not found')
  return { org, person }
}

async function pages() {
  for (let i = 0; i < 7; i += 1) await organizations.addOrganization({ AddOrganizationRequest: { name: `Org ${i}` } })
  const names = []
  let cursor
  do {
    const page = await organizations.getOrganizations({ limit: 3, cursor })
    names.push(...page.data.map((one) => one.name))
    cursor = page.additional_data.next_cursor
  } while (cursor)
  assert.equal(names.length, 8)
  assert.equal(new Set(names).size, 8)
}

async function links({ org, person }) {
  const AddDealRequest = { title: 'Trip', value: 12.5, currency: 'EUR', org_id: org.id, status: 'won' }
  const deal = (await deals.addDeal({ AddDealRequest })).data
  assert.equal(deal.status, 'won')
  const older_deals = new v1.DealsApi(older)
  await older_deals.addDealParticipant({ id: deal.id, AddDealParticipantRequest: { person_id: person.id } })
  const people = await older_deals.getDealParticipants({ id: deal.id })
  assert.equal(people.data[0].person_id.value, person.id)
  const AddLeadRequest = { title: 'Lead', person_id: person.id, value: { amount: 5, currency: 'EUR' } }
  const leads = new v1.LeadsApi(older)
  const lead = (await leads.addLead({ AddLeadRequest })).data
  assert.equal(lead.value.amount, 5)
  const listed = await leads.getLeads({ start: 0, limit: 1 })
  assert.equal(listed.data[0].id, lead.id)
  assert.equal((await deals.deleteDeal({ id: deal.id })).data.id, deal.id)
}

const me = (await new v1.UsersApi(older).getCurrentUser()).data
assert.ok(me.company_id > 0)
const made = await records(await schema())
await pages()
await links(made)
const stages = await new v2.StagesApi(newer).getStages({ pipeline_id: 1 })
assert.equal(stages.data.length, 5)
console.log('trip done')
