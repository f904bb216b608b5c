const http = require("node:http");

const server = http.createServer((request, response) => {
  response.setHeader("Content-Type", "text/html");
  response.end("<h1>Shop</h1>\n");
});

process.on("SIGTERM", () => server.close());

server.listen(process.env.PORT || 3000);
