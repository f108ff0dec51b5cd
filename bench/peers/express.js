// express.js: what takes two endpoints with express and jsonwebtoken. Wants
// JWT_SECRET, PORT, and FILES, the folder of NAME.csv.
const path = require('path');
const express = require('express');
const jwt = require('jsonwebtoken');
const secret = process.env.JWT_SECRET;

const app = express();
app.get('/v1/api/get-token', (req, res) => {
  res.json({ token: jwt.sign({}, secret, { expiresIn: 2 }) });
});
app.get('/v1/api/downloadX', (req, res) => {
  if (!req.query.token) return res.status(400).send({ message: 'Valid tokens not present ' });
  try {
    jwt.verify(req.query.token, secret);
  } catch (error) {
    return res.status(403).send({ message: 'Download token expired' });
  }
  res.download(path.join(process.env.FILES, path.basename(`${req.query.name}.csv`)), 'downloadX.csv');
});
app.listen(process.env.PORT, '127.0.0.1');
