// The application of the golden runs, traced by dd-trace-js. PORT is where it listens.
'use strict';

require('dd-trace').init();
const express = require('express');

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const routes = express();
routes.all('/ok', (_, answer) => answer.send('ok'));
routes.all('/users/:id', (request, answer) => answer.send(request.params.id));
routes.all('/err', (_, answer) => answer.status(500).end());
routes.all('/notfound', (_, answer) => answer.status(404).end());
routes.all('/status/:code', (request, answer) => answer.status(Number(request.params.code)).end());
routes.all('/throw', () => {
  throw new Error('boom');
});
routes.all('/slow', async (_, answer) => {
  await pause(300);
  answer.send('slow');
});
routes.all('/stream', async (_, answer) => {
  for (let chunk = 0; chunk < 4; chunk++) {
    await pause(100);
    answer.write('chunk');
  }
  answer.end();
});
routes.listen(Number(process.env.PORT), '127.0.0.1');
