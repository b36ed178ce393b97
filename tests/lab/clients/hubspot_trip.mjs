// HubSpot's own Node client on a trip through the practice HubSpot: node hubspot_trip.mjs BASE_URL TOKEN
import assert from 'node:assert/strict'
import { Client } from '@hubspot/api-client'

const [basePath, accessToken] = process.argv.slice(2)
const client = new Client({ accessToken, basePath, numberOfApiCallRetries: 0 })
const { contacts, companies, deals, properties, pipelines, owners, associations } = client.crm

async function refused(call) {
  try {
    await call()
  } catch (error) {
    return error
  }
  return assert.fail('this should have been refused')
}

async function records() {
  const made = await contacts.basicApi.create({ properties: { email: 'Node@Trip.example', firstname: 'Node' } })
  assert.equal(made.properties.email, 'node@trip.example')
  assert.ok(made.createdAt instanceof Date)
  const again = await refused(() => contacts.basicApi.create({ properties: { email: 'node@trip.example' } }))
  assert.equal(again.code, 409)
  assert.equal(again.body.message, `Contact already exists. Existing ID: ${made.id}`)
  const found = await contacts.basicApi.getById('node@trip.example', ['phone'], undefined, undefined, false, 'email')
  assert.equal(found.id, made.id)
  assert.equal(found.properties.phone, null)
  await contacts.basicApi.update(made.id, { properties: { phone: '+1 212 555 0100' } })
  const missing = await refused(() => contacts.basicApi.getById('999999'))
  assert.equal(missing.code, 404)
  return made.id
}

async function batches() {
  await properties.coreApi.create('contacts', {
    name: 'migration_source_id',
    label: 'Source ID',
    type: 'string',
    fieldType: 'text',
    groupName: 'contactinformation',
    hasUniqueValue: true,
  })
  const rows = (from, to) =>
    Array.from({ length: to - from }, (_, i) => ({
      id: `s-${from + i}`,
      idProperty: 'migration_source_id',
      objectWriteTraceId: `t-${from + i}`,
      properties: { email: `p${from + i}@trip.example`, lastname: `L${from + i}` },
    }))
  const first = await contacts.batchApi.upsert({ inputs: rows(0, 100) })
  assert.equal(first.status, 'COMPLETE')
  assert.ok(first.results.every((row) => row._new === true))
  const second = await contacts.batchApi.upsert({ inputs: rows(50, 150) })
  assert.equal(second.results.filter((row) => row._new).length, 50)
  const partial = await contacts.batchApi.create({
    inputs: [
      { objectWriteTraceId: 'good', properties: { email: 'good@trip.example' } },
      { objectWriteTraceId: 'bad', properties: { email: 'p1@trip.example' } },
    ],
  })
  assert.equal(partial.numErrors, 1)
  assert.deepEqual(partial.errors[0].context, { objectWriteTraceId: ['bad'] })
  const read = await contacts.batchApi.read({
    idProperty: 'migration_source_id',
    inputs: [{ id: 's-3' }, { id: 'nobody' }],
    properties: ['lastname'],
    propertiesWithHistory: [],
  })
  assert.deepEqual(read.results.map((row) => row.properties.lastname), ['L3'])
  assert.equal(read.errors[0].category, 'OBJECT_NOT_FOUND')
}

async function lists() {
  const everybody = await contacts.getAll(100, undefined, ['email'])
  assert.equal(everybody.length, 152)
  const found = await contacts.searchApi.doSearch({
    filterGroups: [{ filters: [{ propertyName: 'lastname', operator: 'IN', values: ['l1', 'l2'] }] }],
    sorts: [JSON.stringify({ propertyName: 'lastname', direction: 'DESCENDING' })],
    properties: ['lastname'],
    limit: 10,
    after: '0',
  })
  assert.deepEqual(found.results.map((row) => row.properties.lastname), ['L2', 'L1'])
}

async function links(contact) {
  const company = await companies.basicApi.create({
    properties: { name: 'Trip Ltd', domain: 'trip.example' },
    associations: [
      { to: { id: contact }, types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 280 }] },
    ],
  })
  const deal = await deals.basicApi.create({
    properties: { dealname: 'Trip', dealstage: 'closedwon', pipeline: 'default', amount: '12.50' },
  })
  const spec = [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 5 }]
  const made = await associations.v4.batchApi.create('deals', 'companies', {
    inputs: [{ _from: { id: deal.id }, to: { id: company.id }, types: spec }],
  })
  assert.equal(made.status, 'COMPLETE')
  const page = await associations.v4.basicApi.getPage('companies', company.id, 'deals')
  assert.deepEqual(page.results[0].associationTypes.map((type) => type.typeId), [6, 342])
  const read = await associations.v4.batchApi.getPage('contacts', 'companies', { inputs: [{ id: contact }] })
  assert.equal(read.results[0].to[0].associationTypes[0].typeId, 279)
  const labels = await associations.v4.schema.definitionsApi.getAll('contacts', 'companies')
  assert.deepEqual(labels.results.map((label) => label.label ?? null), ['Primary', null])
  await associations.v4.batchApi.archive('deals', 'companies', {
    inputs: [{ _from: { id: deal.id }, to: [{ id: company.id }] }],
  })
  const inline = await companies.basicApi.getById(company.id, undefined, undefined, ['contacts'])
  assert.equal(inline.associations.contacts.results[0].id, contact)
  await deals.basicApi.archive(deal.id)
}

async function schema() {
  const all = await properties.coreApi.getAll('companies')
  assert.ok(all.results.find((property) => property.name === 'industry').options.length > 50)
  const sales = await pipelines.pipelinesApi.getAll('deals')
  assert.deepEqual(sales.results.map((pipeline) => pipeline.id), ['default', '2001000'])
  const people = await owners.ownersApi.getPage()
  assert.equal(people.results.length, 4)
  await properties.coreApi.archive('contacts', 'migration_source_id')
}

const contact = await records()
await batches()
await lists()
await links(contact)
await schema()
await contacts.batchApi.archive({ inputs: [{ id: contact }, { id: '999999' }] })
console.log('trip done')
