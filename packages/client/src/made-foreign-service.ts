import type { Answer, ApiRequest } from '@holdfast/testing';

/** Whose item nobody has: 404, a fault of the caller's. */
export const NOBODYS = 'nobodys';
/** The item that the SOAP service breaks on: a fault of its own. */
export const BREAKING = 'breaking';

const XML = { 'Content-Type': 'text/xml; charset=utf-8' };

const descriptionAt = (url: string) => `<?xml version="1.0" encoding="utf-8"?>
<definitions name="Stock" targetNamespace="urn:stock" xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:tns="urn:stock"
    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <types>
    <xsd:schema targetNamespace="urn:stock" elementFormDefault="qualified">
      <xsd:element name="GetItem">
        <xsd:complexType><xsd:sequence><xsd:element name="id" type="xsd:string"/></xsd:sequence></xsd:complexType>
      </xsd:element>
      <xsd:element name="GetItemResponse">
        <xsd:complexType><xsd:sequence><xsd:element name="id" type="xsd:string"/></xsd:sequence></xsd:complexType>
      </xsd:element>
    </xsd:schema>
  </types>
  <message name="GetItemIn"><part name="parameters" element="tns:GetItem"/></message>
  <message name="GetItemOut"><part name="parameters" element="tns:GetItemResponse"/></message>
  <portType name="Stock">
    <operation name="GetItem"><input message="tns:GetItemIn"/><output message="tns:GetItemOut"/></operation>
  </portType>
  <binding name="Stock" type="tns:Stock">
    <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="GetItem">
      <soap:operation soapAction="urn:stock#GetItem"/>
      <input><soap:body use="literal"/></input>
      <output><soap:body use="literal"/></output>
    </operation>
  </binding>
  <service name="Stock">
    <port name="Stock" binding="tns:Stock"><soap:address location="${url}/soap"/></port>
  </service>
</definitions>`;

const enveloped = (content: string) =>
  `<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>${content}</soap:Body></soap:Envelope>`;

/** SOAP 1.1, section 6.2: whoever is at fault, a fault comes with HTTP 500. */
function faultOf(code: 'Client' | 'Server', text: string): Answer {
  const fault = `<soap:Fault><faultcode>soap:${code}</faultcode><faultstring>${text}</faultstring></soap:Fault>`;
  return { status: 500, headers: XML, body: enveloped(fault) };
}

function soapAnswer(body: string): Answer {
  const [, id = ''] = /<(?:\w+:)?id>(.*?)<\//.exec(body) ?? [];
  if (id === NOBODYS) return faultOf('Client', 'No such item');
  if (id === BREAKING) return faultOf('Server', 'The database is not there');
  return {
    headers: XML,
    body: enveloped(`<GetItemResponse xmlns="urn:stock"><id>${id}</id></GetItemResponse>`),
  };
}

function feathersAnswer(id: string): Answer {
  if (id !== NOBODYS) return { body: { id } };
  return {
    status: 404,
    body: {
      name: 'NotFound',
      message: 'No such item',
      code: 404,
      className: 'not-found',
      data: { item: id },
    },
  };
}

function oryAnswer(id: string): Answer {
  if (id === NOBODYS)
    return { status: 404, body: { error: { code: 404, status: 'Not Found', message: 'No such item' } } };
  return { body: { id, schema_id: 'default', schema_url: '/schemas/default', traits: {} } };
}

/** One service in the protocols of three clients: SOAP at `/soap`, Ory's identities, and the items of feathers. */
export function foreignAnswer(url: string, { method, path, body }: ApiRequest): Answer | undefined {
  const [, first, last = ''] = /^\/(soap|items|admin\/identities)(?:[/?](.*))?$/.exec(path) ?? [];
  if (first === 'soap')
    return method === 'GET' ? { headers: XML, body: descriptionAt(url) } : soapAnswer(body);
  const id = method === 'POST' ? 'new' : last;
  if (first === 'items') return feathersAnswer(id);
  return first === undefined ? undefined : oryAnswer(id);
}
