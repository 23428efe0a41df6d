/**
 * The opponent of `api-list`: Apollo Server as its quick start has it, over the same schema, with an answer that lies ready
 * in memory. No authentication, no limits, no database. Production mode, so that it has no more to do than ours.
 */

import { readFile } from 'node:fs/promises';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSchema } from 'graphql';

const [schemaFile = '', answerFile = ''] = process.argv.slice(2);
const schema = buildSchema(await readFile(schemaFile, 'utf8'), { assumeValid: true });
const { data }: { data: unknown } = JSON.parse(await readFile(answerFile, 'utf8'));
const server = new ApolloServer({ schema, rootValue: () => data });
const { url } = await startStandaloneServer(server, { listen: { port: 0, host: '127.0.0.1' } });
console.log(`ready at ${url}`);
